#pragma once

#include "dataplane/state/endpoint_table.h"
#include "dataplane/state/local_addresses.h"
#include "dataplane/state/neighbor_table.h"
#include "dataplane/state/port_table.h"
#include "dataplane/state/rcu.h"
#include "dataplane/state/route_table.h"
#include "dataplane/state/service_table.h"
#include "include/portico/gateway_config.h"

namespace portico {

// The tables that all workers read. TableWriter writes services, endpoints, locals and routes; the
// slow path writes the neighbors; the ports are constant.
template <typename Address>
struct SharedFamilyTables {
  ServiceTable<Address> services;
  LocalAddresses<Address> locals;
  RouteTable<Address> routes;

  // `own_addresses`: the gateway's, which have places of their own beside the Services'.
  SharedFamilyTables(const CapacityConfig& capacity, std::uint32_t own_addresses)
      : services(capacity.frontends),
        locals(capacity.frontends + own_addresses),
        routes(capacity.routes) {}
};

struct SharedTables {
  PortTable ports;
  EndpointTable endpoints;
  NeighborTable neighbors;
  SharedFamilyTables<Ipv4Address> v4;
  SharedFamilyTables<Ipv6Address> v6;
  Rcu rcu;

  SharedTables(PortTable port_table, const GatewayConfig& config, std::uint16_t workers)
      : ports(std::move(port_table)),
        endpoints(config.capacity.endpoints),
        neighbors(config.capacity.neighbors),
        v4(config.capacity, own_addresses(ports, config.snat)),
        v6(config.capacity, own_addresses(ports, config.snat)),
        rcu(workers) {}

  template <typename Address>
  SharedFamilyTables<Address>& family() noexcept {
    if constexpr (Address::kFamily == Family::kIpv4) {
      return v4;
    } else {
      return v6;
    }
  }

 private:
  // Of both families: at most so many of each.
  static std::uint32_t own_addresses(const PortTable& ports, const SnatConfig& snat) {
    std::size_t count = snat.addresses.size();
    for (const Port& port : ports) count += port.addresses.size();
    return static_cast<std::uint32_t>(count);
  }
};

}  // namespace portico
