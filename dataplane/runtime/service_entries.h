#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "dataplane/state/endpoint_ref.h"
#include "dataplane/state/service_table.h"
#include "include/portico/tables.h"

namespace portico {

// One endpoint of a Service port, as installed.
struct InstalledEndpoint {
  Endpoint endpoint;
  EndpointRef ref;
  std::uint32_t open_before = 0;  // ServiceEndpoint::open_before
};

// All that workers see of one Service port: what its frontends share, one entry for each sort of
// them, and which of these each frontend is.
template <typename Address>
struct ServiceEntries {
  ServicePortEntry<Address> port;
  std::deque<ServiceEntry<Address>> sorts;
  std::vector<const ServiceEntry<Address>*> by_frontend;  // as in ServicePort::frontends

  // `number` is ServicePortEntry::number, `seats` the number of round-robin cursors, `seed` where
  // they begin.
  ServiceEntries(const ServicePort& spec, const std::vector<InstalledEndpoint>& endpoints,
                 std::uint64_t number, std::uint16_t seats, std::uint64_t seed);
  ServiceEntries(const ServiceEntries&) = delete;  // sorts point to port
  ServiceEntries& operator=(const ServiceEntries&) = delete;
};

extern template struct ServiceEntries<Ipv4Address>;
extern template struct ServiceEntries<Ipv6Address>;

}  // namespace portico
