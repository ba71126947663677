#include "dataplane/stage/check_ttl.h"

#include "dataplane/stage/icmp_error.h"

namespace portico {

template <typename Address>
void check_ttl(const Batch& packets, StageContext& context) noexcept {
  for (Packet& packet : packets) {
    if (!packet.undecided() || Ip<Address>::ttl(packet) > 1) continue;
    if (!context.icmp_errors.take(context.now)) {
      packet.drop(DropReason::answer_rate_limited);
    } else if (!become_icmp_error<Address>(packet, Ip<Address>::kTimeExceeded, 0,
                                           context.port(packet.in_port))) {
      packet.drop(DropReason::ttl_exceeded);
    }
  }
}

template void check_ttl<Ipv4Address>(const Batch&, StageContext&) noexcept;
template void check_ttl<Ipv6Address>(const Batch&, StageContext&) noexcept;

}  // namespace portico
