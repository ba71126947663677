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

// The way back undoes what the way there did: the one's complement of the difference.
inline ChecksumDelta complement(const ChecksumDelta& delta) noexcept {
  ChecksumDelta result;
  result.l3 = static_cast<std::uint16_t>(~delta.l3);
  result.l4 = static_cast<std::uint16_t>(~delta.l4);
  return result;
}

// Of a packet in this direction.
template <typename Address>
Translation<Address> translation(const Connection<Address>& c, Direction direction) noexcept {
  if (direction == Direction::kOriginal) {
    return {c.source, c.endpoint, c.source_port, c.endpoint_port, c.delta};
  }
  return {c.service, c.client, c.service_port, c.client_port, complement(c.delta)};
}

// Of a packet in this direction that was translated, back into what it was.
template <typename Address>
Translation<Address> translation_back(const Connection<Address>& c, Direction direction) noexcept {
  if (direction == Direction::kOriginal) {
    return {c.client, c.service, c.client_port, c.service_port, complement(c.delta)};
  }
  return {c.endpoint, c.source, c.endpoint_port, c.source_port, c.delta};
}

// Where a packet's headers lie, and how much of the second is there: all of it, but in a quote.
struct Headers {
  std::uint8_t* l3;
  std::uint8_t* l4;
  Protocol protocol;
  std::uint32_t l4_here;    // bytes of l4 header and payload that may be touched; at least 8
  std::uint32_t l4_length;  // that the packet has
};

template <typename Address>
[[gnu::always_inline]] inline void rewrite(const Headers& at,
                                           const Translation<Address>& to) noexcept {
  auto& ip = header_at<typename Ip<Address>::Header>(at.l3);
  to.source.copy_to(ip.source.data());
  to.destination.copy_to(ip.destination.data());
  Ip<Address>::update_header_checksum(ip, to.delta.l3);
  if (at.protocol == Protocol::kSctp && at.l4_here >= sizeof(SctpHeader)) {
    // Has no pseudo header: addresses don't matter.
    return set_sctp_ports(header_at<SctpHeader>(at.l4), to.source_port, to.destination_port,
                          at.l4_length);
  }
  auto& udp = header_at<UdpHeader>(at.l4);  // all have the ports in the same place
  udp.source_port.store(to.source_port);
  udp.destination_port.store(to.destination_port);
  if (at.protocol == Protocol::kUdp) {
    udp.checksum.store(
        Be16::from_wire(update_udp_checksum(udp.checksum.load().wire(), to.delta.l4)));
  } else if (at.protocol == Protocol::kTcp && at.l4_here >= offsetof(TcpHeader, urgent_pointer)) {
    auto& tcp = header_at<TcpHeader>(at.l4);
    tcp.checksum.store(Be16::from_wire(update_checksum(tcp.checksum.load().wire(), to.delta.l4)));
  }
}

inline Headers headers_of(Packet& packet) noexcept {
  return {packet.l3(), packet.l4(), packet.protocol,
          packet.contiguous - std::uint32_t{packet.l4_offset}, l4_length(packet)};
}

}  // namespace portico
