#include "dataplane/stage/relate_errors.h"

#include "dataplane/stage/for_kernel.h"
#include "dataplane/stage/icmp_checksum.h"
#include "dataplane/stage/tuple_of.h"

namespace portico {
namespace {

template <typename Address>
void relate(Packet& packet, const StageContext& context,
            const LocalAddresses<Address>& locals) noexcept {
  const Address destination = destination_of<Address>(packet);
  // Errors go to who has sent what they quote.
  const bool is_related =
      packet.connection.found() && tuple_of<Address>(packet).destination == destination;
  const Address source = source_of<Address>(packet);
  const Port& port = context.port(packet.in_port);
  if (is_nobody(source, port, locals) || (is_related && source.is_link_local())) {
    return packet.drop(DropReason::ip_source_invalid);
  }
  if (is_related) {
    if (icmp_sum<Address>(packet).checksum() != 0) packet.drop(DropReason::icmp_checksum_wrong);
    return;
  }
  packet.connection = {};
  if (is_for_kernel(destination, locals.find(destination), port)) return;  // answer_echo's
  packet.drop(DropReason::icmp_error_unrelated);
}

}  // namespace

template <typename Address>
void relate_errors(const Batch& packets, StageContext& context) noexcept {
  for (Packet& packet : packets) {
    if (packet.undecided() && packet.quote.is_error) {
      relate<Address>(packet, context, context.tables<Address>().locals);
    }
  }
}

template void relate_errors<Ipv4Address>(const Batch&, StageContext&) noexcept;
template void relate_errors<Ipv6Address>(const Batch&, StageContext&) noexcept;

}  // namespace portico
