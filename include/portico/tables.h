#pragma once

// What the control plane puts into the data plane's tables. These are the units that are replaced
// whole: one port of one Service in one family, one route.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "include/portico/ip_address.h"
#include "include/portico/protocol.h"

namespace portico {

// How a Service came by an address.
enum class FrontendKind : std::uint8_t { kClusterIp, kExternalIp, kLoadBalancerIp, kNodePort };

// An address and port on which a Service is reached. The triple (address, port, protocol of the
// Service port) is the key of the data plane's service table: unique over the whole table.
struct Frontend {
  IpAddress address;
  L4Port port;
  FrontendKind kind = FrontendKind::kClusterIp;

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
  // False: existing connections go on, no new one is made (the Pod is terminating).
  bool accepts_new = true;

  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

// How an endpoint is chosen for a new connection.
enum class Selection : std::uint8_t {
  kRandom,  // uniformly, as kube-proxy does
  kMaglev,  // consistent hashing of the client's side: every gateway gives the same answer
};

// Which source address the endpoint sees.
enum class SourceAddress : std::uint8_t {
  kMasquerade,  // one of the gateway's, so that the reply comes back this way
  kPreserve,    // the client's; the Pod's network must route the reply through the gateway
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
  SourceAddress source_address = SourceAddress::kMasquerade;

  friend bool operator==(const ServicePort&, const ServicePort&) = default;
};

// A route: longest prefix wins. `gateway` absent means that the prefix is on the link of `port`.
struct Route {
  IpPrefix prefix;
  std::optional<IpAddress> gateway;  // of the prefix's family
  std::optional<std::string>
      port;  // the gateway port's name; absent: the one that reaches `gateway`

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
