#pragma once

// What the control plane puts into the data plane's tables. These are the units that are replaced
// whole: one port of one Service in one family, one route.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "include/portico/ip_address.h"
#include "include/portico/protocol.h"
#include "include/portico/time.h"

namespace portico {

// How a Service came by an address.
enum class FrontendKind : std::uint8_t { kClusterIp, kExternalIp, kLoadBalancerIp, kNodePort };

// Which of a Service port's endpoints take the new connections of a frontend: Kubernetes' internal
// and external traffic policies.
enum class TrafficPolicy : std::uint8_t {
  kCluster,  // those with Endpoint::accepts_new
  kLocal,    // those with Endpoint::accepts_new_local; if only the others are there, it is a drop
};

// Which source address the endpoint sees. An endpoint that reaches itself is always masqueraded:
// it could not answer itself.
enum class SourceAddress : std::uint8_t {
  kMasquerade,  // one of the gateway's, so that the reply comes back this way
  kPreserve,    // the client's; the Pod's network must route the reply through the gateway
  // The client's if it is in one of the gateway's cluster CIDRs, else one of the gateway's:
  // kube-proxy's rule for ClusterIPs.
  kMasqueradeOffCluster,
};

// An address and port on which a Service is reached. The triple (address, port, protocol of the
// Service port) is the key of the data plane's service table: unique over the whole table.
struct Frontend {
  IpAddress address;
  L4Port port;
  FrontendKind kind = FrontendKind::kClusterIp;
  TrafficPolicy policy = TrafficPolicy::kCluster;
  SourceAddress source_address = SourceAddress::kMasquerade;
  // The clients that may use it, of the address's family; empty: all.
  std::vector<IpPrefix> source_ranges{};

  friend bool operator==(const Frontend&, const Frontend&) = default;
};

// One Pod's socket behind a Service port.
//
// `identity` tells apart two endpoints that have the same address and port at different times, or
// in different Services: an endpoint whose (service port, identity, address, port) stays the same
// through an update keeps its connections, any other is a new endpoint to which no old connection
// leads. The Kubernetes translation uses the Pod's UID.
struct Endpoint {
  IpAddress address;
  L4Port port;
  std::string identity;
  std::string node;  // the name of the node, for people; may be empty
  // Whether new connections are made to it through frontends of TrafficPolicy::kCluster and of
  // kLocal. Neither: those that it has go on, no new one is made (the Pod is terminating).
  bool accepts_new = true;
  bool accepts_new_local = false;
  std::uint32_t weight = 1;           // its share of new connections, beside the others'; 0: none
  std::uint32_t max_connections = 0;  // open at once, over all workers; 0: no limit

  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

// How an endpoint is chosen for a new connection.
enum class Selection : std::uint8_t {
  kRandom,      // uniformly, as kube-proxy does
  kMaglev,      // consistent hashing of the client's side: every gateway gives the same answer
  kRoundRobin,  // one after the other, each worker for itself
  kLeastConnections,  // the one with the fewest open connections for its weight
};

// One port of one Service in one family: every address it is reached on, every endpoint behind it.
struct ServicePort {
  // "namespace/name:port-name/family": unique; what people see and what a log line says.
  std::string id;
  std::string service;    // "namespace/name"
  std::string port_name;  // may be empty
  Family family = Family::kIpv4;
  Protocol protocol = Protocol::kTcp;
  std::vector<Frontend> frontends;  // of `family`; not empty
  std::vector<Endpoint> endpoints;  // of `family`; sorted; may be empty
  Selection selection = Selection::kRandom;
  // Entries of the Maglev table, a prime: see state/maglev.h; 0: by the number of endpoints.
  std::uint32_t maglev_table_size = 0;
  // Session affinity: new connections of a client's address go where its last one went, until none
  // was made for this long. Absent: none. Kubernetes: 1 s to 86400 s.
  std::optional<Duration> client_affinity;

  friend bool operator==(const ServicePort&, const ServicePort&) = default;
};

// One of several ways to the same prefix.
struct RouteHop {
  IpAddress gateway;
  std::optional<std::string> port;  // absent: the one that reaches `gateway`

  friend bool operator==(const RouteHop&, const RouteHop&) = default;
};
inline constexpr std::size_t kMaxNextHops = 16;  // of a route

// A route: longest prefix wins. `gateway` absent means that the prefix is on the link of `port`.
struct Route {
  IpPrefix prefix;
  std::optional<IpAddress> gateway;  // of the prefix's family
  std::optional<std::string>
      port;  // the gateway port's name; absent: the one that reaches `gateway`
  // Equal ways that share the flows (ECMP), 1 ... kMaxNextHops, each another gateway; `gateway` and
  // `port` are absent then.
  std::vector<RouteHop> next_hops{};

  friend bool operator==(const Route&, const Route&) = default;
};

// A difference between what runs and what is wanted. Applied as a whole or not at all.
struct TableChange {
  std::vector<ServicePort> set_service_ports;      // new, or replacing the one with the same id
  std::vector<std::string> deleted_service_ports;  // ids
  std::vector<Route> set_routes;                   // new, or replacing the one with the same prefix
  std::vector<IpPrefix> deleted_routes;

  bool empty() const {
    return set_service_ports.empty() && deleted_service_ports.empty() && set_routes.empty() &&
           deleted_routes.empty();
  }
};

}  // namespace portico
