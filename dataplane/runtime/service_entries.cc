#include "dataplane/runtime/service_entries.h"

#include <algorithm>

namespace portico {
namespace {

bool are_of_one_sort(const Frontend& a, const Frontend& b) {
  return a.kind == b.kind && a.policy == b.policy && a.source_address == b.source_address &&
         a.source_ranges == b.source_ranges;
}

template <typename Address>
std::shared_ptr<const EndpointSet<Address>> set_of(const ServicePort& spec,
                                                   const std::vector<InstalledEndpoint>& installed,
                                                   bool Endpoint::*takes_part, std::uint16_t seats,
                                                   std::uint64_t seed) {
  std::vector<ServiceEndpoint<Address>> endpoints;
  for (const InstalledEndpoint& one : installed) {
    const Endpoint& endpoint = one.endpoint;
    if (!(endpoint.*takes_part)) continue;
    endpoints.push_back({endpoint.address.as<Address>(), endpoint.port, one.ref, endpoint.weight,
                         endpoint.max_connections, one.open_before});
  }
  return std::make_shared<EndpointSet<Address>>(
      make_endpoint_set(std::move(endpoints), spec.selection, spec.maglev_table_size, seats, seed));
}

}  // namespace

template <typename Address>
ServiceEntries<Address>::ServiceEntries(const ServicePort& spec,
                                        const std::vector<InstalledEndpoint>& endpoints,
                                        std::uint64_t number, std::uint16_t seats,
                                        std::uint64_t seed) {
  port.id = spec.id;
  port.number = number;
  port.selection = spec.selection;
  port.client_affinity = spec.client_affinity;
  port.cluster = set_of<Address>(spec, endpoints, &Endpoint::accepts_new, seats, seed);
  std::vector<const Frontend*> firsts;
  bool has_local = false;
  for (const Frontend& frontend : spec.frontends) {
    has_local |= frontend.policy == TrafficPolicy::kLocal;
    const auto first = std::find_if(firsts.begin(), firsts.end(), [&](const Frontend* other) {
      return are_of_one_sort(frontend, *other);
    });
    const auto sort = static_cast<std::size_t>(first - firsts.begin());
    if (first == firsts.end()) {
      firsts.push_back(&frontend);
      sorts.push_back({&port, frontend.kind, frontend.policy, frontend.source_address,
                       PrefixSet<Address>(frontend.source_ranges)});
    }
    by_frontend.push_back(&sorts[sort]);
  }
  const bool differs =
      std::any_of(endpoints.begin(), endpoints.end(), [](const InstalledEndpoint& installed) {
        return installed.endpoint.accepts_new != installed.endpoint.accepts_new_local;
      });
  if (!has_local) return;
  port.local = differs ? set_of<Address>(spec, endpoints, &Endpoint::accepts_new_local, seats, seed)
                       : port.cluster;
}

template struct ServiceEntries<Ipv4Address>;
template struct ServiceEntries<Ipv6Address>;

}  // namespace portico
