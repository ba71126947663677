#include "dataplane/stage/steer.h"

#include "dataplane/net/ip.h"
#include "dataplane/net/owner_hash.h"

namespace portico {
namespace {

template <typename Address>
std::uint32_t hash_of_client_side(const Packet& packet,
                                  const LocalAddresses<Address>& locals) noexcept {
  const Address destination = destination_of<Address>(packet);
  const LocalAddress local = locals.find(destination);
  return local.faces_clients(packet.destination_port)
             ? client_side_hash(source_of<Address>(packet), packet.source_port)
             : client_side_hash(destination, packet.destination_port);
}

}  // namespace

template <typename Address>
void steer(const Batch& packets, StageContext& context) noexcept {
  if (context.workers == 1) return;
  for (Packet& packet : packets) {
    if (packet.from_hand_over || packet.protocol == Ip<Address>::kIcmp) continue;
    const std::uint32_t hash = hash_of_client_side(packet, context.tables<Address>().locals);
    const WorkerId owner = owner_of(hash, context.workers);
    if (owner != context.self) packet.verdict = Verdict::hand_over(owner);
  }
}

template void steer<Ipv4Address>(const Batch&, StageContext&) noexcept;
template void steer<Ipv6Address>(const Batch&, StageContext&) noexcept;

}  // namespace portico
