#pragma once

// The headers that nearly all packets have, read in fewer steps than parse_frame() takes.

#include <array>

#include "dataplane/net/checksum.h"
#include "dataplane/net/headers.h"
#include "dataplane/packet/packet.h"

namespace portico {

// RFC 1122 section 3.2.1.3: what is no single host's address is no source, and a gateway forwards
// nothing to it. 0.0.0.0/8 is "this network". By the address' first byte.
constexpr bool begins_host(std::uint8_t first) noexcept {
  return first != 0 && first != 127 && first < 224;
}

// TCP flags that no end sends (RFC 9293 section 3.1): nothing at all, or a beginning that is an
// end.
constexpr bool flags_are_impossible(std::uint8_t flags) noexcept {
  constexpr std::uint8_t kFin = 0x01, kSyn = 0x02, kRst = 0x04, kAck = 0x10;
  const std::uint8_t known = flags & (kFin | kSyn | kRst | kAck);
  return known == 0 || ((known & kSyn) != 0 && (known & (kFin | kRst)) != 0) ||
         (known & (kFin | kRst)) == (kFin | kRst) || known == kFin;
}

namespace plain {

// The bytes of the TCP or UDP header, 0 for what is not plain. Requires that the header's first 8
// bytes may be read, and at least as many `available` from there to the packet's end.
[[gnu::always_inline]] inline std::uint32_t l4_header_size(const Packet& packet,
                                                           std::uint32_t l4_offset,
                                                           std::uint8_t protocol,
                                                           std::uint32_t available) noexcept {
  const std::uint8_t* const l4 = packet.data + l4_offset;
  const auto& udp = header_at<UdpHeader>(l4);  // both have the ports in the same place
  if (protocol == static_cast<std::uint8_t>(Protocol::kUdp)) {
    const std::uint32_t length = udp.length.host();
    const bool is_wrong = length < sizeof(UdpHeader) || length > available;
    return is_wrong || udp.destination_port.load() == L4Port() ? 0 : sizeof(UdpHeader);
  }
  if (protocol != static_cast<std::uint8_t>(Protocol::kTcp) || available < sizeof(TcpHeader) ||
      packet.contiguous < l4_offset + sizeof(TcpHeader)) {
    return 0;
  }
  const auto& tcp = header_at<TcpHeader>(l4);
  const std::uint32_t length = (tcp.data_offset >> 4) * 4u;
  const bool is_wrong = length < sizeof(TcpHeader) || length > available ||
                        packet.contiguous < l4_offset + length ||
                        tcp.source_port.load() == L4Port() ||
                        tcp.destination_port.load() == L4Port() || flags_are_impossible(tcp.flags);
  return is_wrong ? 0 : length;
}

[[gnu::always_inline]] inline bool finish(Packet& packet, Family family, std::uint32_t l4_offset,
                                          std::uint8_t protocol, std::uint32_t ip_length) noexcept {
  const std::uint32_t available = ip_length + std::uint32_t{sizeof(EthernetHeader)} - l4_offset;
  const std::uint32_t l4_size = l4_header_size(packet, l4_offset, protocol, available);
  if (l4_size == 0) return false;
  packet.is_ip = true;
  packet.family = family;
  packet.protocol = static_cast<Protocol>(protocol);
  packet.l3_offset = sizeof(EthernetHeader);
  packet.l4_offset = static_cast<std::uint16_t>(l4_offset);
  packet.payload_offset = static_cast<std::uint16_t>(l4_offset + l4_size);
  packet.ip_length = ip_length;
  const auto& tcp = header_at<TcpHeader>(packet.l4());
  packet.source_port = tcp.source_port.load();
  packet.destination_port = tcp.destination_port.load();
  if (packet.protocol == Protocol::kTcp) packet.tcp_flags = tcp.flags;
  return true;
}

[[gnu::always_inline]] inline bool parse_ipv4(Packet& packet) noexcept {
  constexpr std::uint32_t kL4 = sizeof(EthernetHeader) + sizeof(Ipv4Header);
  const auto& ip = header_at<Ipv4Header>(packet.data + sizeof(EthernetHeader));
  const std::uint32_t ip_length = ip.total_length.host();
  const auto fragment =
      ip.fragment.load().wire() & Be16::from_host(kIpv4MoreFragments | kIpv4FragmentOffset).wire();
  ChecksumSum sum;
  sum.add<sizeof(Ipv4Header)>(&ip);
  if (ip.version_and_length != 0x45 || fragment != 0 ||
      ip_length < sizeof(Ipv4Header) + sizeof(UdpHeader) ||
      ip_length > packet.length - sizeof(EthernetHeader) || !sum.is_right() ||
      !begins_host(ip.source[0]) || !begins_host(ip.destination[0])) {
    return false;
  }
  return finish(packet, Family::kIpv4, kL4, ip.protocol, ip_length);
}

// Global unicast addresses, 2000::/3, and unique local ones, fc00::/7: nothing to object to.
constexpr bool is_unicast(std::uint8_t first) noexcept {
  return first >> 5 == 1 || first >> 1 == 0x7e;
}

[[gnu::always_inline]] inline bool parse_ipv6(Packet& packet) noexcept {
  constexpr std::uint32_t kL4 = sizeof(EthernetHeader) + sizeof(Ipv6Header);
  const auto& ip = header_at<Ipv6Header>(packet.data + sizeof(EthernetHeader));
  const std::uint32_t ip_length = std::uint32_t{sizeof(Ipv6Header)} + ip.payload_length.host();
  if (packet.contiguous < kL4 + sizeof(UdpHeader) ||
      packet.data[sizeof(EthernetHeader)] >> 4 != 6 ||
      ip_length < sizeof(Ipv6Header) + sizeof(UdpHeader) ||
      ip_length > packet.length - sizeof(EthernetHeader) || !is_unicast(ip.source[0]) ||
      !is_unicast(ip.destination[0])) {
    return false;
  }
  return finish(packet, Family::kIpv6, kL4, ip.next_header, ip_length);
}

}  // namespace plain

// Of a frame with nothing peculiar about it (to this MAC address, no VLAN tag, IPv4 without options
// and in one piece or IPv6 without extension headers, TCP or UDP, nothing to be dropped for): does
// what parse_frame() does. Of any other: returns false, and the packet is as it was.
[[gnu::always_inline]] inline bool parse_plain(Packet& packet, const MacAddress& mac) noexcept {
  constexpr std::uint32_t kShortest =
      sizeof(EthernetHeader) + sizeof(Ipv4Header) + sizeof(UdpHeader);
  if (packet.contiguous < kShortest) return false;
  const auto& ethernet = header_at<EthernetHeader>(packet.data);
  if (ethernet.destination != mac) return false;
  const Be16 ether_type = ethernet.ether_type.load();
  if (ether_type == Be16::from_host(kEtherTypeIpv4)) return plain::parse_ipv4(packet);
  return ether_type == Be16::from_host(kEtherTypeIpv6) && plain::parse_ipv6(packet);
}

}  // namespace portico
