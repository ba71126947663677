#pragma once

#include "dataplane/stage/answer_limits.h"
#include "dataplane/stage/new_connections.h"
#include "dataplane/stage/random.h"
#include "dataplane/state/affinity_table.h"
#include "dataplane/state/connection_table.h"
#include "dataplane/state/endpoint_load.h"
#include "dataplane/state/endpoint_table.h"
#include "dataplane/state/endpoint_usage.h"
#include "dataplane/state/kernel_gate.h"
#include "dataplane/state/local_addresses.h"
#include "dataplane/state/masquerade_rules.h"
#include "dataplane/state/neighbor_table.h"
#include "dataplane/state/port_table.h"
#include "dataplane/state/route_table.h"
#include "dataplane/state/service_table.h"
#include "dataplane/state/snat_ports.h"
#include "dataplane/state/snat_usage.h"
#include "dataplane/state/tcp_sequences.h"

namespace portico {

// The tables of one family as one worker meets them. The connections are the worker's own, all
// else is shared and only read.
template <typename Address>
struct FamilyTables {
  const ServiceTable<Address>& services;
  const MasqueradeRules<Address>& masquerade;
  const LocalAddresses<Address>& locals;
  const RouteTable<Address>& routes;
  const SnatPorts<Address>& snat;
  SnatUsage& snat_usage;
  ConnectionTable<Address>& connections;
  TcpSequences& sequences;
  // Moves on when routes or neighbors change. Read once a burst, before they are.
  std::uint32_t way_epoch = 0;

  void read_way_epoch(const NeighborTable& neighbors) noexcept {
    way_epoch = routes.changes() + neighbors.changes();
  }
};

// All that the stages may look at besides the packets. `now` is read once a burst.
struct StageContext {
  Instant now;
  WorkerId self;
  std::uint16_t workers = 1;
  std::uint16_t seat = 0;  // whose cursor of a round robin: each worker has one, and explain
  const PortTable& ports;
  KernelGate& kernel;
  const EndpointTable& endpoints;
  EndpointUsage& usage;
  const EndpointLoad& load;
  AffinityTable& affinity;
  const NeighborTable& neighbors;
  NewConnections& new_connections;
  FamilyTables<Ipv4Address> v4;
  FamilyTables<Ipv6Address> v6;
  Random random;
  AnswerLimits answers;
  bool reject = true;       // false: what would be refused is dropped in silence
  bool short_way = true;    // false: all packets go through all stages, as explain tells them
  bool no_orphans = false;  // the endpoint of each connection exists; read once a burst

  template <typename Address>
  FamilyTables<Address>& tables() noexcept {
    if constexpr (Address::kFamily == Family::kIpv4) {
      return v4;
    } else {
      return v6;
    }
  }
  template <typename Address>
  const FamilyTables<Address>& tables() const noexcept {
    if constexpr (Address::kFamily == Family::kIpv4) {
      return v4;
    } else {
      return v6;
    }
  }
  const Port& port(PortId id) const noexcept { return ports[id.value]; }
};

}  // namespace portico
