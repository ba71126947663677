#include "dataplane/stage/refuse.h"

#include "dataplane/net/l4_checksum.h"
#include "dataplane/stage/sender.h"
#include "dataplane/stage/tcp_reset.h"

namespace portico {
namespace {

const std::optional<Ipv4Address>& own_address(const Port& port, const Ipv4Address&) noexcept {
  return port.v4;
}
const std::optional<Ipv6Address>& own_address(const Port& port, const Ipv6Address&) noexcept {
  return port.v6;
}

template <typename Address>
bool may_be_answered(const Packet& packet, const Port& port) noexcept {
  if (packet.protocol == Ip<Address>::kIcmp || (packet.tcp_flags & kTcpRst) != 0) return false;
  return !comes_from_group(packet) && !is_broadcast(source_of<Address>(packet), port);
}

}  // namespace

template <typename Address>
void refuse(Packet& packet, DropReason reason, StageContext& context) noexcept {
  const Port& port = context.port(packet.in_port);
  if (!context.reject || !may_be_answered<Address>(packet, port)) return packet.drop(reason);
  if (!context.answers.take(AnswerKind::kRefusal, source_of<Address>(packet), context.now)) {
    return packet.drop(DropReason::answer_rate_limited);
  }
  // The host would not have heard it. Looked at behind the limit, as it takes all of the packet.
  if (!l4_checksum_is_right<Address>(packet)) return packet.drop(DropReason::l4_checksum_wrong);
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
  const AnswerKind kind =
      reason == DropReason::packet_too_big ? AnswerKind::kTooBig : AnswerKind::kTimeExceeded;
  if (!context.answers.take(kind, source_of<Address>(packet), context.now)) {
    return packet.drop(DropReason::answer_rate_limited);
  }
  become_icmp_error(packet, error, *us) ? refuse_back(packet, reason, port) : packet.drop(reason);
}

template void refuse<Ipv4Address>(Packet&, DropReason, StageContext&) noexcept;
template void refuse<Ipv6Address>(Packet&, DropReason, StageContext&) noexcept;
template void refuse_with_error<Ipv4Address>(Packet&, DropReason, const IcmpError&,
                                             StageContext&) noexcept;
template void refuse_with_error<Ipv6Address>(Packet&, DropReason, const IcmpError&,
                                             StageContext&) noexcept;

}  // namespace portico
