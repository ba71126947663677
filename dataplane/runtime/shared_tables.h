#pragma once

#include "dataplane/state/affinity_table.h"
#include "dataplane/state/endpoint_load.h"
#include "dataplane/state/endpoint_table.h"
#include "dataplane/state/kernel_gate.h"
#include "dataplane/state/local_addresses.h"
#include "dataplane/state/masquerade_rules.h"
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
  const MasqueradeRules<Address> masquerade;
  LocalAddresses<Address> locals;
  RouteTable<Address> routes;

  // `own_addresses`: the gateway's, which have places of their own beside the Services'.
  SharedFamilyTables(const GatewayConfig& config, std::uint32_t own_addresses)
      : services(config.capacity.frontends),
        masquerade{PrefixSet<Address>(config.snat.cluster_cidrs), config.snat.masquerade_all},
        locals(config.capacity.frontends + own_addresses),
        routes(config.capacity.routes) {}
};

struct SharedTables {
  PortTable ports;
  KernelGate kernel;
  EndpointTable endpoints;
  EndpointLoad load;
  AffinityTable affinity;  // written by all workers
  NeighborTable neighbors;
  SharedFamilyTables<Ipv4Address> v4;
  SharedFamilyTables<Ipv6Address> v6;
  const std::uint16_t workers;
  Rcu rcu;

  // `seed`: of hashes that are a secret, but for tests.
  SharedTables(PortTable port_table, const GatewayConfig& config, std::uint16_t worker_count,
               std::uint64_t seed = random_seed())
      : ports(std::move(port_table)),
        kernel(ports, seed),
        endpoints(config.capacity.endpoints),
        affinity(config.capacity.affinity_entries),
        neighbors(config.capacity.neighbors),
        v4(config, own_addresses(ports, config)),
        v6(config, own_addresses(ports, config)),
        workers(worker_count),
        rcu(worker_count) {}

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
  static std::uint32_t own_addresses(const PortTable& ports, const GatewayConfig& config) {
    std::size_t count = config.snat.addresses.size() + config.node_ports.addresses.size();
    for (const Port& port : ports) count += port.addresses.size();
    return static_cast<std::uint32_t>(count);
  }
};

}  // namespace portico
