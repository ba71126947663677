#include "dataplane/net/parse.h"

#include "dataplane/net/checksum.h"
#include "dataplane/net/headers.h"
#include "dataplane/net/parse_fragment.h"
#include "dataplane/net/parse_plain.h"
#include "dataplane/net/parse_quote.h"
#include "dataplane/net/sctp.h"

namespace portico {
namespace {

// A longer chain of extension headers is no honest packet's.
constexpr int kMaxExtensionHeaders = 8;

// Whether `bytes` from `offset` on may be read.
bool readable(const Packet& packet, std::uint32_t offset, std::uint32_t bytes) noexcept {
  return packet.contiguous >= offset && packet.contiguous - offset >= bytes;
}

// Steps over the VLAN tag. Returns the EtherType behind it, or nothing when the frame was dropped.
std::optional<std::uint16_t> parse_link(Packet& packet, const Link& link) noexcept {
  if (!readable(packet, 0, sizeof(EthernetHeader))) {
    packet.drop(DropReason::ethernet_truncated);
    return std::nullopt;
  }
  const auto& ethernet = header_at<EthernetHeader>(packet.data);
  if (ethernet.destination != link.mac && !ethernet.destination.is_multicast()) {
    packet.drop(DropReason::not_our_mac);
    return std::nullopt;
  }
  packet.l3_offset = sizeof(EthernetHeader);
  std::uint16_t ether_type = ethernet.ether_type.host();
  std::uint16_t vlan = 0;
  if (ether_type == kEtherTypeVlan) {
    if (!readable(packet, packet.l3_offset, sizeof(VlanTag))) {
      packet.drop(DropReason::ethernet_truncated);
      return std::nullopt;
    }
    const auto& tag = header_at<VlanTag>(packet.l3());
    vlan = tag.control.host() & kVlanIdMask;
    ether_type = tag.ether_type.host();
    packet.l3_offset += sizeof(VlanTag);
  }
  if (vlan != link.vlan.value_or(0)) {
    packet.drop(DropReason::vlan_unknown);
    return std::nullopt;
  }
  return ether_type;
}

[[gnu::cold]] void parse_arp(Packet& packet) noexcept {
  if (!readable(packet, packet.l3_offset, sizeof(ArpPacket))) {
    return packet.drop(DropReason::arp_malformed);
  }
  const auto& arp = header_at<ArpPacket>(packet.l3());
  if (arp.hardware_type.host() != kArpEthernet || arp.protocol_type.host() != kEtherTypeIpv4 ||
      arp.hardware_size != sizeof(MacAddress) || arp.protocol_size != 4) {
    packet.drop(DropReason::arp_malformed);
  }
}

void parse_tcp(Packet& packet, std::uint32_t available) noexcept {
  if (available < sizeof(TcpHeader) || !readable(packet, packet.l4_offset, sizeof(TcpHeader))) {
    return packet.drop(DropReason::l4_truncated);
  }
  const auto& tcp = header_at<TcpHeader>(packet.l4());
  const std::uint32_t length = (tcp.data_offset >> 4) * 4u;
  if (length < sizeof(TcpHeader) || flags_are_impossible(tcp.flags)) {
    return packet.drop(DropReason::l4_header_malformed);
  }
  if (length > available || !readable(packet, packet.l4_offset, length)) {
    return packet.drop(DropReason::l4_truncated);
  }
  packet.source_port = tcp.source_port.load();
  packet.destination_port = tcp.destination_port.load();
  packet.tcp_flags = tcp.flags;
  packet.payload_offset = static_cast<std::uint16_t>(packet.l4_offset + length);
  if (packet.source_port == L4Port() || packet.destination_port == L4Port()) {
    packet.drop(DropReason::l4_header_malformed);
  }
}

void parse_udp(Packet& packet, std::uint32_t available) noexcept {
  if (available < sizeof(UdpHeader) || !readable(packet, packet.l4_offset, sizeof(UdpHeader))) {
    return packet.drop(DropReason::l4_truncated);
  }
  const auto& udp = header_at<UdpHeader>(packet.l4());
  if (udp.length.host() > available) return packet.drop(DropReason::l4_truncated);
  packet.source_port = udp.source_port.load();
  packet.destination_port = udp.destination_port.load();
  packet.payload_offset = static_cast<std::uint16_t>(packet.l4_offset + sizeof(UdpHeader));
  // RFC 768: a source port of 0 says that no reply is expected. A destination of 0 is nobody.
  if (udp.length.host() < sizeof(UdpHeader) || packet.destination_port == L4Port()) {
    packet.drop(DropReason::l4_header_malformed);
  }
}

[[gnu::cold]] void parse_icmp(Packet& packet, std::uint32_t available) noexcept {
  if (available < sizeof(IcmpHeader) || !readable(packet, packet.l4_offset, sizeof(IcmpHeader))) {
    return packet.drop(DropReason::l4_truncated);
  }
  packet.payload_offset = static_cast<std::uint16_t>(packet.l4_offset + sizeof(IcmpHeader));
  parse_quote(packet);
}

// `available`: bytes from the l4 header on, inside ip_length.
void parse_l4(Packet& packet, std::uint8_t protocol, std::uint32_t available) noexcept {
  packet.is_ip = true;
  packet.protocol = static_cast<Protocol>(protocol);
  const Protocol icmp = packet.family == Family::kIpv4 ? Protocol::kIcmp : Protocol::kIcmpv6;
  if (packet.protocol == Protocol::kTcp) return parse_tcp(packet, available);
  if (packet.protocol == Protocol::kUdp) return parse_udp(packet, available);
  if (packet.protocol == Protocol::kSctp) return parse_sctp(packet, available);
  if (packet.protocol == icmp) return parse_icmp(packet, available);
  packet.drop(DropReason::protocol_unsupported);
}

// RFC 791 section 3.1. A sender does not choose the way: RFC 7126 sections 4.3 and 4.4.
[[gnu::cold]] void check_options(Packet& packet, std::uint16_t header_length) noexcept {
  const std::uint8_t* const options = packet.l3() + sizeof(Ipv4Header);
  const std::size_t size = header_length - sizeof(Ipv4Header);
  for (std::size_t at = 0; at < size && options[at] != kIpv4EndOfOptions;) {
    if (options[at] == kIpv4NoOperation) {
      ++at;
      continue;
    }
    if (options[at] == kIpv4LooseSourceRoute || options[at] == kIpv4StrictSourceRoute) {
      return packet.drop(DropReason::ip_source_route);
    }
    const std::size_t length = size - at < 2 ? 0 : options[at + 1];
    if (length < 2 || length > size - at) return packet.drop(DropReason::ip_header_malformed);
    at += length;
  }
}

void parse_ipv4(Packet& packet) noexcept {
  packet.family = Family::kIpv4;
  if (!readable(packet, packet.l3_offset, sizeof(Ipv4Header))) {
    return packet.drop(DropReason::ip_truncated);
  }
  const auto& ip = header_at<Ipv4Header>(packet.l3());
  const std::uint16_t header_length = ip.header_length();
  if (ip.version_and_length >> 4 != 4 || header_length < sizeof(Ipv4Header) ||
      ip.total_length.host() < header_length) {
    return packet.drop(DropReason::ip_header_malformed);
  }
  packet.ip_length = ip.total_length.host();
  if (!readable(packet, packet.l3_offset, header_length) ||
      packet.ip_length > packet.length - packet.l3_offset) {
    return packet.drop(DropReason::ip_truncated);
  }
  const bool has_options = header_length > sizeof(Ipv4Header);
  ChecksumSum sum;
  sum.add<sizeof(Ipv4Header)>(packet.l3());
  if (has_options) {
    sum.add(packet.l3() + sizeof(Ipv4Header), header_length - sizeof(Ipv4Header));
  }
  if (sum.checksum() != 0) return packet.drop(DropReason::ip_checksum_wrong);
  if (!begins_host(ip.source[0])) return packet.drop(DropReason::ip_source_invalid);
  if (!begins_host(ip.destination[0])) return packet.drop(DropReason::ip_destination_invalid);
  if (has_options) {
    check_options(packet, header_length);
    if (!packet.undecided()) return;
  }
  packet.l4_offset = static_cast<std::uint16_t>(packet.l3_offset + header_length);
  if (const std::uint16_t word = ip.fragment.host();
      (word & (kIpv4MoreFragments | kIpv4FragmentOffset)) != 0) {
    return parse_fragment(packet, (word & kIpv4FragmentOffset) * 8u,
                          (word & kIpv4MoreFragments) != 0, ip.protocol);
  }
  parse_l4(packet, ip.protocol, packet.ip_length - header_length);
}

// ::, ::1, and ::ffff:0:0/96, which stands for IPv4 addresses and is on no link (RFC 4291 section
// 2.5).
bool is_no_host(const Ipv6Address& address) noexcept {
  std::uint8_t first = 0;
  for (std::size_t i = 0; i < 10; ++i) first |= address.bytes[i];
  if (first != 0) return false;
  const std::uint8_t* const last = address.bytes.data() + 10;
  const bool is_mapped = last[0] == 0xff && last[1] == 0xff;
  return is_mapped || ((last[0] | last[1] | last[2] | last[3] | last[4]) == 0 && last[5] <= 1);
}

// Steps over the extension headers, RFC 8200 section 4. Returns the protocol behind them, or
// nothing when the packet was dropped or is a fragment.
[[gnu::noinline]] std::optional<std::uint8_t> parse_extensions(Packet& packet,
                                                               std::uint8_t next) noexcept {
  const std::uint32_t end = packet.l3_offset + packet.ip_length;
  std::uint32_t offset = packet.l3_offset + std::uint32_t{sizeof(Ipv6Header)};
  for (int count = 0;; ++count) {
    const bool is_extension = next == kIpv6HopByHop || next == kIpv6Routing ||
                              next == kIpv6Fragment || next == kIpv6DestinationOptions;
    if (!is_extension) break;
    // RFC 8200 section 4.1: hop-by-hop options come first or not at all.
    if (count == kMaxExtensionHeaders || (next == kIpv6HopByHop && count > 0) ||
        end - offset < sizeof(Ipv6ExtensionHeader) ||
        !readable(packet, offset, sizeof(Ipv6ExtensionHeader))) {
      packet.drop(DropReason::ip_extension_malformed);
      return std::nullopt;
    }
    const auto& extension = header_at<Ipv6ExtensionHeader>(packet.data + offset);
    std::uint32_t length = (extension.length + 1u) * 8;
    if (next == kIpv6Routing && extension.fragment.host() >> 8 == kIpv6SourceRoute) {
      packet.drop(DropReason::ip_source_route);
      return std::nullopt;
    }
    if (next == kIpv6Fragment) {
      // RFC 6946: an "atomic fragment" is a whole packet.
      const std::uint16_t word = extension.fragment.host();
      if ((word & (kIpv6FragmentOffset | kIpv6MoreFragments)) != 0) {
        packet.l4_offset = static_cast<std::uint16_t>(offset + sizeof extension);
        parse_fragment(packet, word & kIpv6FragmentOffset, (word & kIpv6MoreFragments) != 0,
                       extension.next_header);
        return std::nullopt;
      }
      length = sizeof extension;
    }
    if (end - offset < length || !readable(packet, offset, length)) {
      packet.drop(DropReason::ip_extension_malformed);
      return std::nullopt;
    }
    next = extension.next_header;
    offset += length;
  }
  packet.l4_offset = static_cast<std::uint16_t>(offset);
  return next;
}

void parse_ipv6(Packet& packet) noexcept {
  packet.family = Family::kIpv6;
  if (!readable(packet, packet.l3_offset, sizeof(Ipv6Header))) {
    return packet.drop(DropReason::ip_truncated);
  }
  const auto& ip = header_at<Ipv6Header>(packet.l3());
  if (ip.version_and_flow.host() >> 28 != 6) {
    return packet.drop(DropReason::ip_header_malformed);
  }
  packet.ip_length = std::uint32_t{sizeof(Ipv6Header)} + ip.payload_length.host();
  if (packet.ip_length > packet.length - packet.l3_offset) {
    return packet.drop(DropReason::ip_truncated);
  }
  const std::optional<std::uint8_t> protocol = parse_extensions(packet, ip.next_header);
  if (!protocol) return;
  const auto source = Ipv6Address::from_bytes(ip.source.data());
  const auto destination = Ipv6Address::from_bytes(ip.destination.data());
  // Neighbor discovery alone goes to multicast addresses, and only so does it come from ::, for
  // which there is nobody to answer yet (RFC 4861 sections 4.3 and 7.1.1, RFC 4291 section 2.5.2).
  const bool is_icmp = *protocol == static_cast<std::uint8_t>(Protocol::kIcmpv6);
  const bool is_detection = is_icmp && source == Ipv6Address{} && destination.is_multicast();
  if (source.is_multicast() || (is_no_host(source) && !is_detection)) {
    return packet.drop(DropReason::ip_source_invalid);
  }
  if ((destination.is_multicast() && !is_icmp) || is_no_host(destination)) {
    return packet.drop(DropReason::ip_destination_invalid);
  }
  parse_l4(packet, *protocol,
           packet.ip_length - (packet.l4_offset - std::uint32_t{packet.l3_offset}));
}

// RFC 1812 section 5.3.4: what came as a broadcast or multicast of the link is not forwarded, and
// not answered either (RFC 1122 section 3.2.2). Only neighbor discovery comes so, to an address
// that is a multicast one itself.
void refuse_link_broadcast(Packet& packet) noexcept {
  if (packet.verdict.kind() == Verdict::Kind::kDrop ||
      !header_at<EthernetHeader>(packet.data).destination.is_multicast()) {
    return;
  }
  if (packet.family == Family::kIpv6) {
    const auto& ip = header_at<Ipv6Header>(packet.l3());
    if (Ipv6Address::from_bytes(ip.destination.data()).is_multicast()) return;
  }
  packet.drop(DropReason::not_our_mac);
}

void parse_ip(Packet& packet, std::uint16_t ether_type) noexcept {
  ether_type == kEtherTypeIpv4 ? parse_ipv4(packet) : parse_ipv6(packet);
  refuse_link_broadcast(packet);
}

}  // namespace

std::uint16_t vlan_of(const Packet& packet) noexcept {
  if (!readable(packet, 0, sizeof(EthernetHeader) + sizeof(VlanTag)) ||
      header_at<EthernetHeader>(packet.data).ether_type.host() != kEtherTypeVlan) {
    return 0;
  }
  return header_at<VlanTag>(packet.data + sizeof(EthernetHeader)).control.host() & kVlanIdMask;
}

void parse_frame(Packet& packet, const Link& link) noexcept {
  const std::optional<std::uint16_t> ether_type = parse_link(packet, link);
  if (!ether_type) return;
  switch (*ether_type) {
    case kEtherTypeIpv4:
    case kEtherTypeIpv6:
      return parse_ip(packet, *ether_type);
    case kEtherTypeArp:
      return parse_arp(packet);
    default:
      return packet.drop(DropReason::ethertype_unknown);
  }
}

}  // namespace portico
