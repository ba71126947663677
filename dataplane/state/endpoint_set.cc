#include "dataplane/state/endpoint_set.h"

#include <algorithm>
#include <random>

#include "dataplane/state/maglev.h"

namespace portico {

template <typename Address>
const ServiceEndpoint<Address>* EndpointSet<Address>::find(EndpointRef ref) const noexcept {
  const auto at = std::lower_bound(
      endpoints.begin(), endpoints.end(), ref.slot,
      [](const ServiceEndpoint<Address>& one, std::uint32_t slot) { return one.ref.slot < slot; });
  return at != endpoints.end() && at->ref == ref ? &*at : nullptr;
}

template <typename Address>
EndpointSet<Address> make_endpoint_set(std::vector<ServiceEndpoint<Address>> endpoints,
                                       Selection selection, std::uint32_t maglev_table_size,
                                       std::uint16_t seats, std::uint64_t seed) {
  using Candidate = ServiceEndpoint<Address>;
  std::erase_if(endpoints, [](const Candidate& endpoint) { return endpoint.weight == 0; });
  std::sort(endpoints.begin(), endpoints.end(),
            [](const Candidate& a, const Candidate& b) { return a.ref.slot < b.ref.slot; });
  EndpointSet<Address> set;
  set.endpoints = std::move(endpoints);
  if (set.empty()) return set;
  std::vector<std::uint32_t> weights;
  std::vector<std::string> names;
  for (const Candidate& endpoint : set.endpoints) {
    weights.push_back(endpoint.weight);
    names.push_back(to_string(endpoint.address, endpoint.port));
    set.limited |= endpoint.max_connections != 0;
  }
  const bool equal = std::equal(weights.begin() + 1, weights.end(), weights.begin());
  switch (selection) {
    case Selection::kRandom:
      if (!equal) set.alias = AliasTable(weights);
      break;
    case Selection::kMaglev:
      set.maglev = build_maglev(
          names, maglev_table_size != 0 ? maglev_table_size : maglev_size(names.size()), weights);
      break;
    case Selection::kRoundRobin: {
      if (!equal) set.turns = take_turns(weights);
      std::mt19937_64 random(seed);
      set.cursors = std::make_unique<typename EndpointSet<Address>::Cursor[]>(seats);
      for (std::uint16_t i = 0; i < seats; ++i) {
        set.cursors[i].next = static_cast<std::uint32_t>(random());
      }
      break;
    }
    case Selection::kLeastConnections:
      break;
  }
  return set;
}

template struct EndpointSet<Ipv4Address>;
template struct EndpointSet<Ipv6Address>;
template EndpointSet<Ipv4Address> make_endpoint_set(std::vector<ServiceEndpoint<Ipv4Address>>,
                                                    Selection, std::uint32_t, std::uint16_t,
                                                    std::uint64_t);
template EndpointSet<Ipv6Address> make_endpoint_set(std::vector<ServiceEndpoint<Ipv6Address>>,
                                                    Selection, std::uint32_t, std::uint16_t,
                                                    std::uint64_t);

}  // namespace portico
