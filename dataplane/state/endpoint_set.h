#pragma once

// Theory of operation
//
// The endpoints that one traffic policy leaves to the new connections of a Service port, and what
// its selection needs to choose among them in constant time: an alias table, a Maglev table, the
// order of a round robin. All of it is made by the control thread and constant afterwards, but for
// the cursors of a round robin: one for each seat, that is each worker and `explain`, written by
// the one who has the seat. They begin at random places, so that workers don't march in step, and
// anew with each change of the Service port.

#include <cstdint>
#include <memory>
#include <vector>

#include "dataplane/state/endpoint_ref.h"
#include "dataplane/state/weights.h"
#include "include/portico/ip_address.h"
#include "include/portico/tables.h"

namespace portico {

// An endpoint that takes new connections.
template <typename Address>
struct ServiceEndpoint {
  Address address;
  L4Port port;
  EndpointRef ref;
  std::uint32_t weight = 1;
  std::uint32_t max_connections = 0;  // 0: no limit
  std::uint32_t open_before = 0;      // what state/endpoint_load.h said when it got its slot
};

template <typename Address>
struct EndpointSet {
  struct alignas(64) Cursor {
    std::uint32_t next;
  };

  std::vector<ServiceEndpoint<Address>> endpoints;  // by slot; none has weight 0
  bool limited = false;                             // some have max_connections
  AliasTable alias;                                 // kRandom: empty when all weights are the same
  std::vector<std::uint16_t> maglev;                // kMaglev: indexes into `endpoints`
  std::vector<std::uint32_t> turns;   // kRoundRobin: the same; empty when all weights are the same
  std::unique_ptr<Cursor[]> cursors;  // kRoundRobin

  bool empty() const noexcept { return endpoints.empty(); }
  std::uint32_t size() const noexcept { return static_cast<std::uint32_t>(endpoints.size()); }
  // Null when it is not, or no longer, among them.
  const ServiceEndpoint<Address>* find(EndpointRef ref) const noexcept;
};

// `endpoints` in any order; those with weight 0 are left out.
template <typename Address>
EndpointSet<Address> make_endpoint_set(std::vector<ServiceEndpoint<Address>> endpoints,
                                       Selection selection, std::uint32_t maglev_table_size,
                                       std::uint16_t seats, std::uint64_t seed);

extern template struct EndpointSet<Ipv4Address>;
extern template struct EndpointSet<Ipv6Address>;

}  // namespace portico
