#pragma once

#include "dataplane/state/endpoint_table.h"
#include "dataplane/state/local_addresses.h"
#include "dataplane/state/neighbor_table.h"
#include "dataplane/state/port_table.h"
#include "dataplane/state/rcu.h"
#include "dataplane/state/route_table.h"
#include "dataplane/state/service_table.h"

namespace portico {

// The tables that all workers read. TableWriter writes services, endpoints, locals and routes; the
// slow path writes the neighbors; the ports are constant.
template <typename Address>
struct SharedFamilyTables {
  ServiceTable<Address> services;
  LocalAddresses<Address> locals;
  RouteTable<Address> routes;

  explicit SharedFamilyTables(const CapacityConfig& capacity)
      : services(capacity.frontends), locals(capacity.frontends), routes(capacity.routes) {}
};

struct SharedTables {
  PortTable ports;
  EndpointTable endpoints;
  NeighborTable neighbors;
  SharedFamilyTables<Ipv4Address> v4;
  SharedFamilyTables<Ipv6Address> v6;
  Rcu rcu;

  SharedTables(PortTable port_table, const CapacityConfig& capacity, std::uint16_t workers)
      : ports(std::move(port_table)),
        endpoints(capacity.endpoints),
        neighbors(capacity.neighbors),
        v4(capacity),
        v6(capacity),
        rcu(workers) {}

  template <typename Address>
  SharedFamilyTables<Address>& family() noexcept {
    if constexpr (Address::kFamily == Family::kIpv4) {
      return v4;
    } else {
      return v6;
    }
  }
};

}  // namespace portico
