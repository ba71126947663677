#include "dataplane/stage/refuse.h"

#include "dataplane/stage/tcp_reset.h"

namespace portico {
namespace {

const std::optional<Ipv4Address>& own_address(const Port& port, const Ipv4Address&) noexcept {
  return port.v4;
}
const std::optional<Ipv6Address>& own_address(const Port& port, const Ipv6Address&) noexcept {
  return port.v6;
}

// The broadcast address of one of the port's links: all ones behind the prefix (RFC 922 section 7).
// Links of two addresses have none (RFC 3021).
bool is_broadcast(const Ipv4Address& address, const Port& port) noexcept {
  for (const InterfaceAddress& own : port.addresses) {
    if (!own.address.is_v4() || own.prefix_length > 30) continue;
    const std::uint32_t hosts = 0xffffffffu >> own.prefix_length;
    if (address.word.host() == (own.address.v4().word.host() | hosts)) return true;
  }
  return false;
}
bool is_broadcast(const Ipv6Address&, const Port&) noexcept {
  return false;
}

template <typename Address>
bool may_be_answered(const Packet& packet, const Port& port) noexcept {
  if (packet.protocol == Ip<Address>::kIcmp || (packet.tcp_flags & kTcpRst) != 0) return false;
  return !header_at<EthernetHeader>(packet.data).source.is_multicast() &&
         !is_broadcast(source_of<Address>(packet), port);
}

}  // namespace

template <typename Address>
void refuse(Packet& packet, DropReason reason, StageContext& context) noexcept {
  const Port& port = context.port(packet.in_port);
  if (!context.reject || !may_be_answered<Address>(packet, port)) return packet.drop(reason);
  if (!context.refusals.take(context.now)) return packet.drop(DropReason::answer_rate_limited);
  const bool answers = packet.protocol == Protocol::kTcp
                           ? become_tcp_reset<Address>(packet)
                           : become_icmp_error(packet, IcmpErrors<Address>::kPortUnreachable,
                                               destination_of<Address>(packet));
  answers ? refuse_back(packet, reason, port) : packet.drop(reason);
}

template <typename Address>
void refuse_with_error(Packet& packet, DropReason reason, const IcmpError& error,
                       StageContext& context) noexcept {
  const Port& port = context.port(packet.in_port);
  const std::optional<Address>& us = own_address(port, Address());
  if (!us || !may_be_answered<Address>(packet, port)) return packet.drop(reason);
  if (!context.icmp_errors.take(context.now)) return packet.drop(DropReason::answer_rate_limited);
  become_icmp_error(packet, error, *us) ? refuse_back(packet, reason, port) : packet.drop(reason);
}

template void refuse<Ipv4Address>(Packet&, DropReason, StageContext&) noexcept;
template void refuse<Ipv6Address>(Packet&, DropReason, StageContext&) noexcept;
template void refuse_with_error<Ipv4Address>(Packet&, DropReason, const IcmpError&,
                                             StageContext&) noexcept;
template void refuse_with_error<Ipv6Address>(Packet&, DropReason, const IcmpError&,
                                             StageContext&) noexcept;

}  // namespace portico
