#pragma once

// Theory of operation
//
// Tells nearly all addresses that are not in a table from the others by a look at one bit, for
// questions whose answer mostly is no: a hash of the address names the bit, which is set while any
// address of the table has it. Beside each bit the writer counts how many have; a count that has
// come to its end stays there.
//
// Capacity: at least 8 bits for each address of the table: with a full one an address in nine is
// taken for another, with one of a tenth of its capacity one in eighty. Who sends from many
// addresses to meet set bits makes the answers take as long as without the filter, no longer.
// Memory: 17 to 34 bytes for each address of the capacity, nearly all of it the writer's counts.
//
// words_    written by the control thread, read by the workers; atomic
// counts_   the control thread's alone

#include <atomic>
#include <bit>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <vector>

#include "include/portico/ip_address.h"

namespace portico {

template <typename Address>
class AddressFilter {
 public:
  // For a table of so many addresses. Throws std::bad_alloc.
  explicit AddressFilter(std::uint32_t capacity)
      : bits_(std::bit_ceil(std::uint64_t{8} * capacity + 64)),
        words_(std::make_unique<std::atomic<std::uint64_t>[]>(bits_ / 64)),
        counts_(bits_) {}

  // Workers. False: it is not in the table.
  bool may_have(const Address& address) const noexcept {
    const std::uint64_t bit = bit_of(address);
    return (words_[bit / 64].load(std::memory_order_relaxed) >> bit % 64 & 1) != 0;
  }

  // Control thread: before an address enters the table, and after it has left.
  void add(const Address& address) {
    const std::uint64_t bit = bit_of(address);
    if (counts_[bit] != kMost) ++counts_[bit];
    words_[bit / 64].fetch_or(std::uint64_t{1} << bit % 64, std::memory_order_release);
  }
  void erase(const Address& address) {
    const std::uint64_t bit = bit_of(address);
    if (counts_[bit] == kMost || --counts_[bit] != 0) return;
    words_[bit / 64].fetch_and(~(std::uint64_t{1} << bit % 64), std::memory_order_release);
  }

 private:
  static constexpr std::uint16_t kMost = std::numeric_limits<std::uint16_t>::max();

  // By folded multiplication, as in tuple_hash.h, with 2^64 / golden ratio; the two halves of an
  // IPv6 address one after the other.
  std::uint64_t bit_of(const Address& address) const noexcept {
    constexpr std::uint64_t kGolden = 0x9e3779b97f4a7c15;
    if constexpr (Address::kSize == 4) {
      return fold(address.word.wire(), kGolden) & (bits_ - 1);
    } else {
      std::uint64_t network, host;
      std::memcpy(&network, address.bytes.data(), 8);
      std::memcpy(&host, address.bytes.data() + 8, 8);
      return fold(fold(network, kGolden) ^ host, kGolden) & (bits_ - 1);
    }
  }
  static std::uint64_t fold(std::uint64_t a, std::uint64_t b) noexcept {
    __extension__ using Product = unsigned __int128;
    const Product product = Product{a} * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
  }

  const std::uint64_t bits_;  // a power of two
  const std::unique_ptr<std::atomic<std::uint64_t>[]> words_;
  std::vector<std::uint16_t> counts_;
};

}  // namespace portico
