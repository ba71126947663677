#include "dataplane/runtime/neighbor_requests.h"

#include <algorithm>

#include "dataplane/net/ip.h"
#include "dataplane/stage/link_header.h"

namespace portico {
namespace {

// The port's address in the subnet of `target`: hosts answer those they share a link with.
template <typename Address>
std::optional<Address> source_for(const Port& port, const Address& target,
                                  const std::optional<Address>& otherwise) {
  for (const InterfaceAddress& own : port.addresses) {
    if (own.subnet().contains(target)) return own.address.as<Address>();
  }
  return otherwise;
}

bool make_arp_request(PacketIo& io, const Port& port, const Ipv4Address& target,
                      const MacAddress* at, Packet& packet) noexcept {
  const std::optional<Ipv4Address> source = source_for(port, target, port.v4);
  if (!source || !io.allocate(link_header_size(port) + std::uint32_t{sizeof(ArpPacket)}, packet))
    return false;
  write_link_header(packet.data, port, port.mac, at != nullptr ? *at : kBroadcastMac,
                    kEtherTypeArp);
  auto& arp = header_at<ArpPacket>(packet.data + link_header_size(port));
  arp.hardware_type.set_host(kArpEthernet);
  arp.protocol_type.set_host(kEtherTypeIpv4);
  arp.hardware_size = sizeof(MacAddress);
  arp.protocol_size = Ipv4Address::kSize;
  arp.operation.set_host(kArpRequest);
  arp.sender_mac = port.mac;
  source->copy_to(arp.sender_ip.data());
  arp.target_mac = {};
  target.copy_to(arp.target_ip.data());
  return true;
}

// RFC 4291 section 2.7.1: ff02::1:ff00:0/104 and the last three bytes of the address.
Ipv6Address solicited_node(const Ipv6Address& target) {
  Ipv6Address group{{0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x01, 0xff}};
  std::copy(target.bytes.begin() + 13, target.bytes.end(), group.bytes.begin() + 13);
  return group;
}

// RFC 2464 section 7: 33:33 and the last four bytes of the group.
MacAddress group_mac(const Ipv6Address& group) {
  return {{0x33, 0x33, group.bytes[12], group.bytes[13], group.bytes[14], group.bytes[15]}};
}

bool make_solicitation(PacketIo& io, const Port& port, const Ipv6Address& target,
                       const MacAddress* at, Packet& packet) noexcept {
  constexpr std::uint32_t kLength = sizeof(NeighborMessage) + sizeof(LinkLayerOption);
  const std::optional<Ipv6Address> source = source_for(port, target, port.v6);
  const std::uint32_t size = link_header_size(port) + std::uint32_t{sizeof(Ipv6Header)} + kLength;
  if (!source || !io.allocate(size, packet)) return false;
  const Ipv6Address to = at != nullptr ? target : solicited_node(target);
  write_link_header(packet.data, port, port.mac, at != nullptr ? *at : group_mac(to),
                    kEtherTypeIpv6);
  packet.l3_offset = link_header_size(port);
  packet.l4_offset = static_cast<std::uint16_t>(packet.l3_offset + sizeof(Ipv6Header));

  auto& ip = header_at<Ipv6Header>(packet.l3());
  ip.version_and_flow.set_host(6u << 28);
  ip.payload_length.set_host(kLength);
  ip.next_header = static_cast<std::uint8_t>(Protocol::kIcmpv6);
  ip.hop_limit = 255;
  set_addresses(packet, *source, to);
  auto& message = header_at<NeighborMessage>(packet.l4());
  message = {};
  message.icmp.type = kNeighborSolicitation;
  target.copy_to(message.target.data());
  header_at<LinkLayerOption>(packet.l4() + sizeof message) = {kSourceLinkLayer, 1, port.mac};
  ChecksumSum sum = pseudo_header(*source, to, Protocol::kIcmpv6, kLength);
  sum.add(packet.l4(), kLength);
  message.icmp.checksum.store(Be16::from_wire(sum.checksum()));
  return true;
}

}  // namespace

bool make_neighbor_request(PacketIo& io, const Port& port, const IpAddress& target,
                           const MacAddress* at, Packet& packet) noexcept {
  return target.is_v4() ? make_arp_request(io, port, target.v4(), at, packet)
                        : make_solicitation(io, port, target.v6(), at, packet);
}

}  // namespace portico
