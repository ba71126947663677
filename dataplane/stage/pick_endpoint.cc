#include "dataplane/stage/pick_endpoint.h"

#include "dataplane/net/ip.h"
#include "dataplane/net/owner_hash.h"

namespace portico {
namespace {

template <typename Address>
std::uint32_t choose(const ServiceEntry<Address>& service, const Packet& packet,
                     Random& random) noexcept {
  switch (service.selection) {
    case Selection::kRandom:
    case Selection::kRoundRobin:
    case Selection::kLeastConnections:
      return random.below(static_cast<std::uint32_t>(service.endpoints.size()));
    case Selection::kMaglev: {
      // Not seeded: every gateway must come to the same answer.
      const std::uint32_t hash = client_side_hash(source_of<Address>(packet), packet.source_port);
      return service.maglev[hash % service.maglev.size()];
    }
  }
  return 0;
}

}  // namespace

template <typename Address>
void pick_endpoint(const Batch& packets, StageContext& context) noexcept {
  for (Packet& packet : packets) {
    if (!packet.undecided() || packet.connection.found()) continue;
    const auto& service = *static_cast<const ServiceEntry<Address>*>(packet.service);
    if (service.endpoints.empty()) {
      packet.drop(DropReason::service_has_no_endpoint);
    } else {
      packet.endpoint = choose(service, packet, context.random);
    }
  }
}

template void pick_endpoint<Ipv4Address>(const Batch&, StageContext&) noexcept;
template void pick_endpoint<Ipv6Address>(const Batch&, StageContext&) noexcept;

}  // namespace portico
