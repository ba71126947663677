#include "dataplane/stage/check_ttl.h"

#include "dataplane/stage/refuse.h"

namespace portico {

template <typename Address>
void check_ttl(const Batch& packets, StageContext& context) noexcept {
  for (Packet& packet : packets) {
    if (!packet.undecided() || Ip<Address>::ttl(packet) > 1) continue;
    refuse_with_error<Address>(packet, DropReason::ttl_exceeded, IcmpErrors<Address>::kTimeExceeded,
                               context);
  }
}

template void check_ttl<Ipv4Address>(const Batch&, StageContext&) noexcept;
template void check_ttl<Ipv6Address>(const Batch&, StageContext&) noexcept;

}  // namespace portico
