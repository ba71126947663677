#pragma once

// What a connection makes of its packets' headers, and how to undo it.

#include <cstddef>

#include "dataplane/net/ip.h"
#include "dataplane/net/sctp.h"
#include "dataplane/state/connection.h"

namespace portico {

template <typename Address>
struct Translation {
  Address source;
  Address destination;
  L4Port source_port;
  L4Port destination_port;
  ChecksumDelta delta;
};

constexpr Direction opposite(Direction direction) noexcept {
  return direction == Direction::kOriginal ? Direction::kReply : Direction::kOriginal;
}

// What a packet in this direction adds to its checksums. The way back undoes what the way there
// did: the one's complement of the difference.
inline ChecksumDelta delta_of(const ChecksumDelta& delta, Direction direction) noexcept {
  const auto flip = static_cast<std::uint16_t>(-static_cast<int>(direction));
  ChecksumDelta result;
  result.l3 = delta.l3 ^ flip;
  result.l4 = delta.l4 ^ flip;
  return result;
}

// Of a packet in this direction: it leaves as what the other direction's packets come as, the other
// way round. The record has the two tuples' fields one behind the other, so no branch is needed.
template <typename Address>
Translation<Address> translation(const Connection<Address>& c, Direction direction) noexcept {
  static_assert(offsetof(Connection<Address>, source) == 3 * sizeof(Address));
  static_assert(offsetof(Connection<Address>, source_port) ==
                offsetof(Connection<Address>, client_port) + 3 * sizeof(L4Port));
  const std::size_t other = 1 - static_cast<std::size_t>(direction);
  const auto* const record = reinterpret_cast<const std::uint8_t*>(&c);
  const std::uint8_t* const addresses = record + 2 * other * sizeof(Address);
  const std::uint8_t* const ports =
      record + offsetof(Connection<Address>, client_port) + 2 * other * sizeof(L4Port);
  Translation<Address> to;
  std::memcpy(&to.destination, addresses, sizeof(Address));
  std::memcpy(&to.source, addresses + sizeof(Address), sizeof(Address));
  std::memcpy(&to.destination_port, ports, sizeof(L4Port));
  std::memcpy(&to.source_port, ports + sizeof(L4Port), sizeof(L4Port));
  to.delta = delta_of(c.delta, direction);
  return to;
}

// Of a packet in this direction that was translated, back into what it was.
template <typename Address>
Translation<Address> translation_back(const Connection<Address>& c, Direction direction) noexcept {
  const Translation<Address> reply = translation(c, opposite(direction));
  return {reply.destination, reply.source, reply.destination_port, reply.source_port, reply.delta};
}

// Where a packet's headers lie, and how much of the second is there: all of it, but in a quote.
struct Headers {
  std::uint8_t* l3;
  std::uint8_t* l4;
  Protocol protocol;
  std::uint32_t l4_here;    // bytes of l4 header and payload that may be touched; at least 8
  std::uint32_t l4_length;  // that the packet has
};

// Ports of TCP and UDP, which have them in the same place, and what of the checksum follows from
// them and from the addresses.
template <Protocol kProtocol, typename Address>
[[gnu::always_inline]] inline void rewrite_l4(std::uint8_t* l4,
                                              const Translation<Address>& to) noexcept {
  auto& udp = header_at<UdpHeader>(l4);
  udp.source_port.store(to.source_port);
  udp.destination_port.store(to.destination_port);
  if constexpr (kProtocol == Protocol::kUdp) {
    udp.checksum.store(
        Be16::from_wire(update_udp_checksum(udp.checksum.load().wire(), to.delta.l4)));
  } else {
    auto& checksum = header_at<TcpHeader>(l4).checksum;
    checksum.store(Be16::from_wire(update_checksum(checksum.load().wire(), to.delta.l4)));
  }
}

template <typename Address>
[[gnu::always_inline]] inline void rewrite(const Headers& at,
                                           const Translation<Address>& to) noexcept {
  auto& ip = header_at<typename Ip<Address>::Header>(at.l3);
  to.source.copy_to(ip.source.data());
  to.destination.copy_to(ip.destination.data());
  Ip<Address>::update_header_checksum(ip, to.delta.l3);
  if (at.protocol == Protocol::kUdp) return rewrite_l4<Protocol::kUdp>(at.l4, to);
  if (at.protocol == Protocol::kTcp && at.l4_here >= offsetof(TcpHeader, urgent_pointer)) {
    return rewrite_l4<Protocol::kTcp>(at.l4, to);
  }
  if (at.protocol == Protocol::kSctp && at.l4_here >= sizeof(SctpHeader)) {
    // Has no pseudo header: addresses don't matter.
    return set_sctp_ports(header_at<SctpHeader>(at.l4), to.source_port, to.destination_port,
                          at.l4_length);
  }
  auto& ports = header_at<UdpHeader>(at.l4);  // all that a short quote has
  ports.source_port.store(to.source_port);
  ports.destination_port.store(to.destination_port);
}

inline Headers headers_of(Packet& packet) noexcept {
  return {packet.l3(), packet.l4(), packet.protocol,
          packet.contiguous - std::uint32_t{packet.l4_offset}, l4_length(packet)};
}

}  // namespace portico
