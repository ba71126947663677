#pragma once

#include <algorithm>

#include "dataplane/net/ip.h"
#include "dataplane/stage/answer.h"

namespace portico {

// Writes the IP header of an answer from `source` to `destination` at l3(). The length field
// follows packet.ip_length.
inline void write_answer_header(Packet& packet, const Ipv4Address& source,
                                const Ipv4Address& destination) noexcept {
  auto& ip = header_at<Ipv4Header>(packet.l3());
  ip = {};
  ip.version_and_length = 0x45;
  ip.total_length.set_host(static_cast<std::uint16_t>(packet.ip_length));
  ip.ttl = kAnswerTtl;
  ip.protocol = static_cast<std::uint8_t>(Protocol::kIcmp);
  set_addresses(packet, source, destination);
  ChecksumSum sum;
  sum.add(&ip, sizeof ip);
  ip.checksum.store(Be16::from_wire(sum.checksum()));
}
inline void write_answer_header(Packet& packet, const Ipv6Address& source,
                                const Ipv6Address& destination) noexcept {
  auto& ip = header_at<Ipv6Header>(packet.l3());
  ip = {};
  ip.version_and_flow.set_host(6u << 28);
  ip.payload_length.set_host(static_cast<std::uint16_t>(packet.ip_length - sizeof ip));
  ip.next_header = static_cast<std::uint8_t>(Protocol::kIcmpv6);
  ip.hop_limit = kAnswerTtl;
  set_addresses(packet, source, destination);
}

inline const std::optional<Ipv4Address>& own_address(const Port& port,
                                                     const Ipv4Address&) noexcept {
  return port.v4;
}
inline const std::optional<Ipv6Address>& own_address(const Port& port,
                                                     const Ipv6Address&) noexcept {
  return port.v6;
}

// Makes the packet an ICMP error about itself: new IP and ICMP headers in front of as much of it as
// the RFCs want (RFC 1812 section 4.3.2.3, RFC 4443 section 2.4), sent back by the way it came from
// the port's own address. False, and unchanged, when the port has no address of the family or the
// frame no headroom. Never called for ICMP packets, so no error answers an error.
template <typename Address>
bool become_icmp_error(Packet& packet, std::uint8_t type, std::uint8_t code,
                       const Port& port) noexcept {
  constexpr std::uint16_t kHeaders =
      static_cast<std::uint16_t>(sizeof(typename Ip<Address>::Header) + sizeof(IcmpHeader));
  const Address client = source_of<Address>(packet);
  const std::optional<Address>& us = own_address(port, client);
  if (!us || packet.headroom < kHeaders) return false;

  const std::uint32_t quoted = std::min(
      {packet.ip_length, packet.contiguous - packet.l3_offset, Ip<Address>::kErrorSize - kHeaders});
  packet.truncate(packet.l3_offset + quoted);
  packet.prepend(kHeaders);
  std::memmove(packet.data, packet.data + kHeaders, packet.l3_offset);
  packet.ip_length = kHeaders + quoted;
  packet.l4_offset = static_cast<std::uint16_t>(packet.l3_offset + kHeaders - sizeof(IcmpHeader));
  write_answer_header(packet, *us, client);

  auto& icmp = header_at<IcmpHeader>(packet.l4());
  icmp = {};
  icmp.type = type;
  icmp.code = code;
  const std::uint32_t length = quoted + std::uint32_t{sizeof(IcmpHeader)};
  ChecksumSum sum = icmp_pseudo_header(*us, client, length);
  sum.add(packet.l4(), length);
  icmp.checksum.store(Be16::from_wire(sum.checksum()));
  send_back(packet, port);
  return true;
}

}  // namespace portico
