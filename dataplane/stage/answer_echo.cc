#include "dataplane/stage/answer_echo.h"

#include "dataplane/net/fragment.h"
#include "dataplane/stage/answer.h"
#include "dataplane/stage/for_kernel.h"
#include "dataplane/stage/icmp_checksum.h"

namespace portico {
namespace {

template <typename Address>
void answer(Packet& packet, const Port& port) noexcept {
  const Address us = destination_of<Address>(packet);
  set_addresses(packet, us, source_of<Address>(packet));
  auto& icmp = header_at<IcmpHeader>(packet.l4());
  // Type and code are one word of the checksum. Swapping the addresses leaves the sums as they are.
  ChecksumSum delta;
  delta.subtract(&icmp.type, 2);
  icmp.type = Ip<Address>::kEchoReply;
  delta.add(&icmp.type, 2);
  icmp.checksum.store(Be16::from_wire(update_checksum(icmp.checksum.load().wire(), delta.fold())));
  Ip<Address>::set_ttl(packet, kAnswerTtl);
  fit_to<Address>(packet, port.mtu);
  send_back(packet, port);
}

}  // namespace

template <typename Address>
void answer_echo(const Batch& packets, StageContext& context) noexcept {
  for (Packet& packet : packets) {
    if (!packet.undecided() || packet.protocol != Ip<Address>::kIcmp) continue;
    if (packet.connection.found()) continue;  // an error, on its way to who should know
    const auto& icmp = header_at<IcmpHeader>(packet.l4());
    const Address destination = destination_of<Address>(packet);
    const LocalAddresses<Address>& locals = context.tables<Address>().locals;
    const LocalAddress local = locals.find(destination);
    const Port& port = context.port(packet.in_port);
    if (is_nobody(source_of<Address>(packet), port, locals)) {
      packet.drop(DropReason::ip_source_invalid);
    } else if (is_for_kernel(destination, local, port)) {
      send_ip_to_kernel<Address>(packet, false, context);
    } else if (!local.own && !local.service && !local.node_port) {
      packet.drop(DropReason::not_for_gateway);
    } else if (icmp.type != Ip<Address>::kEchoRequest || icmp.code != 0) {
      packet.drop(DropReason::icmp_unsupported);
    } else if (comes_from_group(packet)) {
      packet.drop(DropReason::ip_source_invalid);
    } else if (icmp_sum<Address>(packet).checksum() != 0) {
      packet.drop(DropReason::icmp_checksum_wrong);
    } else {
      answer<Address>(packet, port);
    }
  }
}

template void answer_echo<Ipv4Address>(const Batch&, StageContext&) noexcept;
template void answer_echo<Ipv6Address>(const Batch&, StageContext&) noexcept;

}  // namespace portico
