#include "dataplane/stage/answer_link.h"

#include <algorithm>

#include "dataplane/net/ip.h"
#include "dataplane/stage/answer.h"
#include "dataplane/stage/for_kernel.h"

namespace portico {
namespace {

template <typename Address>
bool belongs_on(const Port& port, const Address& address, const StageContext& context) noexcept {
  const LocalAddresses<Address>* locals;
  if constexpr (Address::kFamily == Family::kIpv4) {
    locals = &context.v4.locals;
  } else {
    locals = &context.v6.locals;
  }
  const LocalAddress local = locals->find(address);
  if (local.own && local.port == port.id) return true;
  if (local.service && port.uplink) return true;
  if (local.node_port && !local.own && port.uplink) return true;
  return local.snat && port.downlink &&
         std::any_of(port.addresses.begin(), port.addresses.end(),
                     [&](const InterfaceAddress& own) { return own.subnet().contains(address); });
}

void answer_arp(Packet& packet, const StageContext& context) noexcept {
  auto& arp = header_at<ArpPacket>(packet.l3());
  const Port& port = context.port(packet.in_port);
  const auto target = Ipv4Address::from_bytes(arp.target_ip.data());
  const std::uint16_t operation = arp.operation.host();
  if (operation == kArpReply && header_at<EthernetHeader>(packet.data).destination == port.mac) {
    packet.verdict = Verdict::punt(PuntReason::kNeighborMessage);
    return;
  }
  if (operation != kArpRequest || arp.sender_mac.is_multicast() ||
      !belongs_on(port, target, context)) {
    return packet.drop(DropReason::not_for_gateway);
  }
  arp.operation.set_host(kArpReply);
  arp.target_mac = arp.sender_mac;
  arp.target_ip = arp.sender_ip;
  arp.sender_mac = port.mac;
  target.copy_to(arp.sender_ip.data());
  send_back(packet, port);
}

// RFC 4861 section 7.1: what every neighbor message must satisfy.
bool is_valid_neighbor_message(const Packet& packet) noexcept {
  const std::uint32_t length = l4_length(packet);
  // RFC 6980 section 5: no neighbor message comes in fragments.
  if (packet.largest_fragment != 0 || Ip<Ipv6Address>::ttl(packet) != 255 ||
      length < sizeof(NeighborMessage) || packet.contiguous - packet.l4_offset < length) {
    return false;
  }
  const auto& message = header_at<NeighborMessage>(packet.l4());
  const auto target = Ipv6Address::from_bytes(message.target.data());
  ChecksumSum sum = pseudo_header(source_of<Ipv6Address>(packet),
                                  destination_of<Ipv6Address>(packet), Protocol::kIcmpv6, length);
  sum.add(packet.l4(), length);
  if (message.icmp.code != 0 || target.is_multicast() || sum.checksum() != 0) return false;
  for (std::uint32_t at = sizeof(NeighborMessage); at < length;) {
    // Every option is at least eight bytes, none of length zero, none runs over the end.
    if (length - at < sizeof(LinkLayerOption)) return false;
    const std::uint32_t option = packet.l4()[at + 1] * 8u;
    if (option == 0 || option > length - at) return false;
    at += option;
  }
  return true;
}

// RFC 4861 section 7.2.4. The solicitation becomes its advertisement: same target, and an option
// with our address. The reply to an unspecified source (duplicate address detection) goes to all.
void advertise(Packet& packet, const Port& port) noexcept {
  constexpr Ipv6Address kAllNodes{{0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x01}};
  constexpr std::uint32_t kLength = sizeof(NeighborMessage) + sizeof(LinkLayerOption);
  const Ipv6Address asker = source_of<Ipv6Address>(packet);
  const bool detection = asker == Ipv6Address{};
  const auto target =
      Ipv6Address::from_bytes(header_at<NeighborMessage>(packet.l4()).target.data());
  const Ipv6Address to = detection ? kAllNodes : asker;

  auto& ip = header_at<Ipv6Header>(packet.l3());
  ip.payload_length.set_host(static_cast<std::uint16_t>(packet.l4_offset - packet.l3_offset -
                                                        sizeof(Ipv6Header) + kLength));
  set_addresses(packet, target, to);
  auto& message = header_at<NeighborMessage>(packet.l4());
  message.icmp.type = kNeighborAdvertisement;
  message.icmp.rest.set_host(kAdvertisementOverride | (detection ? 0 : kAdvertisementSolicited));
  auto& option = header_at<LinkLayerOption>(packet.l4() + sizeof(NeighborMessage));
  option = {kTargetLinkLayer, 1, port.mac};
  message.icmp.checksum.store({});
  ChecksumSum sum = pseudo_header(target, to, Protocol::kIcmpv6, kLength);
  sum.add(packet.l4(), kLength);
  message.icmp.checksum.store(Be16::from_wire(sum.checksum()));
  packet.truncate(packet.l4_offset + kLength);
  send_back(packet, port);
  if (detection) {
    header_at<EthernetHeader>(packet.data).destination = {{0x33, 0x33, 0, 0, 0, 0x01}};
  }
}

void answer_neighbor(Packet& packet, const StageContext& context) noexcept {
  if (!is_valid_neighbor_message(packet)) {
    return packet.drop(DropReason::neighbor_discovery_invalid);
  }
  const auto& message = header_at<NeighborMessage>(packet.l4());
  if (message.icmp.type == kNeighborAdvertisement) {
    packet.verdict = Verdict::punt(PuntReason::kNeighborMessage);
    return;
  }
  const Port& port = context.port(packet.in_port);
  const auto target = Ipv6Address::from_bytes(message.target.data());
  if (!belongs_on(port, target, context)) {
    const bool may_be_kernels = port.kernel && is_kernels_own(target);
    return may_be_kernels ? send_to_kernel<Ipv6Address>(packet, KernelTraffic::kRouting, context)
                          : packet.drop(DropReason::not_for_gateway);
  }
  // A solicitation without option (duplicate address detection) leaves no room for ours.
  constexpr std::uint32_t kLength = sizeof(NeighborMessage) + sizeof(LinkLayerOption);
  if (l4_length(packet) < kLength) {
    if (packet.headroom < sizeof(LinkLayerOption)) {
      return packet.drop(DropReason::neighbor_discovery_invalid);
    }
    packet.prepend(sizeof(LinkLayerOption));
    std::memmove(packet.data, packet.data + sizeof(LinkLayerOption),
                 packet.l4_offset + sizeof(NeighborMessage));
  }
  advertise(packet, port);
}

}  // namespace

void answer_link(Burst& burst, const StageContext& context) noexcept {
  for (Packet& packet : burst) {
    if (!packet.undecided()) continue;
    if (!packet.is_ip) {
      answer_arp(packet, context);
    } else if (packet.protocol == Protocol::kIcmpv6) {
      const std::uint8_t type = header_at<IcmpHeader>(packet.l4()).type;
      if (type == kNeighborSolicitation || type == kNeighborAdvertisement) {
        answer_neighbor(packet, context);
      }
    }
  }
}

}  // namespace portico
