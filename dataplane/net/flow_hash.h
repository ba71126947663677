#pragma once

// Which of several equal next hops a packet takes (ECMP): rendezvous hashing (Thaler and
// Ravishankar, IEEE/ACM Transactions on Networking 6(1), 1998). Each next hop gets a score from the
// flow and from what it is itself, and the highest wins. So a flow keeps its next hop as long as
// that is there, one that goes moves its own flows and no others, and one that comes takes its
// share from all.

#include <array>
#include <cstdint>

#include "dataplane/net/ip.h"
#include "dataplane/net/owner_hash.h"

namespace portico {

// The finalizer of MurmurHash3: each bit of the input changes half of the output's.
constexpr std::uint32_t mix_bits(std::uint32_t bits) noexcept {
  bits = (bits ^ (bits >> 16)) * 0x85ebca6b;
  bits = (bits ^ (bits >> 13)) * 0xc2b2ae35;
  return bits ^ (bits >> 16);
}

// Of the packet's addresses, protocol and ports, as they are now: the same for all packets of a
// connection in one direction.
template <typename Address>
std::uint32_t flow_hash(const Packet& packet) noexcept {
  constexpr std::size_t kPorts = 2 * sizeof(L4Port);
  std::array<std::uint8_t, 2 * Address::kSize + kPorts> bytes{};
  source_of<Address>(packet).copy_to(bytes.data());
  destination_of<Address>(packet).copy_to(bytes.data() + Address::kSize);
  if (packet.protocol == Protocol::kTcp || packet.protocol == Protocol::kUdp ||
      packet.protocol == Protocol::kSctp) {
    std::memcpy(bytes.data() + 2 * Address::kSize, packet.l4(), kPorts);
  }
  return mix_bits(toeplitz_hash(bytes.data(), bytes.size()) +
                  static_cast<std::uint32_t>(packet.protocol));
}

// A next hop's score for a flow; `port` is the one that leads to it.
template <typename Address>
std::uint32_t next_hop_score(std::uint32_t flow, const Address& gateway, PortId port) noexcept {
  std::array<std::uint32_t, Address::kSize / 4> words;
  static_assert(sizeof words == Address::kSize);
  gateway.copy_to(reinterpret_cast<std::uint8_t*>(words.data()));
  std::uint32_t score = mix_bits(flow ^ (port.value * 0x9e3779b9u));
  for (const std::uint32_t word : words) score = mix_bits(score ^ word) + 0x9e3779b9u;
  return score;
}

}  // namespace portico
