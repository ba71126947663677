#include "dataplane/stage/steer.h"

#include "dataplane/net/owner_hash.h"
#include "dataplane/stage/tuple_of.h"

namespace portico {
namespace {

template <typename Address>
std::uint32_t hash_of_client_side(const Packet& packet,
                                  const LocalAddresses<Address>& locals) noexcept {
  const Tuple<Address> tuple = tuple_of<Address>(packet);
  const LocalAddress local = locals.find(tuple.destination);
  return local.faces_clients(tuple.destination_port)
             ? client_side_hash(tuple.source, tuple.source_port)
             : client_side_hash(tuple.destination, tuple.destination_port);
}

}  // namespace

template <typename Address>
void steer(const Batch& packets, StageContext& context) noexcept {
  if (context.workers == 1) return;
  for (Packet& packet : packets) {
    // A connection is found by its owner alone.
    const bool is_here = packet.from_hand_over || packet.connection.found();
    if (is_here || !has_tuple<Address>(packet)) continue;
    const std::uint32_t hash = hash_of_client_side(packet, context.tables<Address>().locals);
    const WorkerId owner = owner_of(hash, context.workers);
    if (owner != context.self) packet.verdict = Verdict::hand_over(owner);
  }
}

template void steer<Ipv4Address>(const Batch&, StageContext&) noexcept;
template void steer<Ipv6Address>(const Batch&, StageContext&) noexcept;

}  // namespace portico
