#pragma once

// The hash by which tuples are found.
//
// Clients choose their ports, and whoever forges packets chooses their addresses too, so the hash
// is keyed with a secret that is drawn when the table is made: else a sender could aim all of its
// connections at one bucket. That rules out CRC32, whose seed moves every hash by the same amount:
// two tuples that collide do so under every seed. This is a folded multiplication instead
// (64 x 64 -> 128 bits, halves added without carry), about as fast. One multiplication alone leaves
// buckets uneven for clients that count up; each tuple goes through two in a row at least.

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "dataplane/state/connection.h"

namespace portico {

class TupleHash {
 public:
  explicit TupleHash(std::uint64_t seed) noexcept {
    for (std::uint64_t& word : secret_) {  // splitmix64 stretches the seed
      seed += 0x9e3779b97f4a7c15;
      std::uint64_t z = seed;
      z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
      z = (z ^ z >> 27) * 0x94d049bb133111eb;
      word = z ^ z >> 31;
    }
  }

  std::uint64_t operator()(const Tuple<Ipv4Address>& tuple) const noexcept {
    using T = Tuple<Ipv4Address>;
    static_assert(offsetof(T, destination) == offsetof(T, source) + sizeof(Ipv4Address));
    std::uint64_t addresses;
    std::memcpy(&addresses, &tuple.source, sizeof addresses);
    return fold(fold(addresses ^ secret_[0], ports(tuple) ^ secret_[1]) ^ secret_[2], secret_[3]);
  }

  std::uint64_t operator()(const Tuple<Ipv6Address>& tuple) const noexcept {
    std::array<std::uint64_t, 4> words;
    std::memcpy(words.data(), tuple.source.bytes.data(), 16);
    std::memcpy(words.data() + 2, tuple.destination.bytes.data(), 16);
    const std::uint64_t source = fold(words[0] ^ secret_[0], words[1] ^ secret_[1]);
    const std::uint64_t destination = fold(words[2] ^ secret_[2], words[3] ^ secret_[3]);
    // Rotated, so that the two ends' roles differ.
    const std::uint64_t addresses = source ^ (destination << 32 | destination >> 32);
    return fold(fold(addresses ^ secret_[4], ports(tuple) ^ secret_[5]) ^ secret_[6], secret_[7]);
  }

  // Of one address alone.
  template <typename Address>
  std::uint64_t of_host(const Address& host) const noexcept {
    return (*this)(Tuple<Address>{host, {}, {}, {}, {}});
  }
  // The same for who may have many: an IPv6 /64 is one source.
  std::uint64_t of_source(const Ipv4Address& source) const noexcept { return of_host(source); }
  std::uint64_t of_source(const Ipv6Address& source) const noexcept {
    Ipv6Address prefix;
    std::memcpy(prefix.bytes.data(), source.bytes.data(), 8);
    return of_host(prefix);
  }

 private:
  template <typename Address>
  static std::uint64_t ports(const Tuple<Address>& tuple) noexcept {
    return std::uint64_t{tuple.source_port.wire()} |
           std::uint64_t{tuple.destination_port.wire()} << 16 |
           std::uint64_t{static_cast<std::uint8_t>(tuple.protocol)} << 32;
  }

  static std::uint64_t fold(std::uint64_t a, std::uint64_t b) noexcept {
    __extension__ using Product = unsigned __int128;
    const Product product = Product{a} * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
  }

  std::array<std::uint64_t, 8> secret_;
};

}  // namespace portico
