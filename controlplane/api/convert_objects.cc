#include "controlplane/api/convert.h"

namespace portico {
namespace {

std::optional<FrontendKind> from_proto(v1::ServiceAddress::Kind kind) {
  switch (kind) {
    case v1::ServiceAddress::KIND_UNSPECIFIED:
    case v1::ServiceAddress::KIND_CLUSTER_IP:
      return FrontendKind::kClusterIp;
    case v1::ServiceAddress::KIND_EXTERNAL_IP:
      return FrontendKind::kExternalIp;
    case v1::ServiceAddress::KIND_LOAD_BALANCER_IP:
      return FrontendKind::kLoadBalancerIp;
    case v1::ServiceAddress::KIND_NODE_PORT:
      return FrontendKind::kNodePort;
    default:
      return std::nullopt;
  }
}

v1::ServiceAddress::Kind to_proto(FrontendKind kind) {
  switch (kind) {
    case FrontendKind::kClusterIp:
      return v1::ServiceAddress::KIND_CLUSTER_IP;
    case FrontendKind::kExternalIp:
      return v1::ServiceAddress::KIND_EXTERNAL_IP;
    case FrontendKind::kLoadBalancerIp:
      return v1::ServiceAddress::KIND_LOAD_BALANCER_IP;
    case FrontendKind::kNodePort:
      return v1::ServiceAddress::KIND_NODE_PORT;
  }
  return v1::ServiceAddress::KIND_UNSPECIFIED;
}

std::optional<Selection> from_proto(v1::Selection selection) {
  switch (selection) {
    case v1::SELECTION_UNSPECIFIED:
    case v1::SELECTION_RANDOM:
      return Selection::kRandom;
    case v1::SELECTION_MAGLEV:
      return Selection::kMaglev;
    case v1::SELECTION_ROUND_ROBIN:
      return Selection::kRoundRobin;
    case v1::SELECTION_LEAST_CONNECTIONS:
      return Selection::kLeastConnections;
    default:
      return std::nullopt;
  }
}

v1::Selection to_proto(Selection selection) {
  switch (selection) {
    case Selection::kRandom:
      return v1::SELECTION_RANDOM;
    case Selection::kMaglev:
      return v1::SELECTION_MAGLEV;
    case Selection::kRoundRobin:
      return v1::SELECTION_ROUND_ROBIN;
    case Selection::kLeastConnections:
      return v1::SELECTION_LEAST_CONNECTIONS;
  }
  return v1::SELECTION_UNSPECIFIED;
}

std::optional<TrafficPolicy> from_proto(v1::TrafficPolicy policy) {
  switch (policy) {
    case v1::TRAFFIC_POLICY_UNSPECIFIED:
    case v1::TRAFFIC_POLICY_CLUSTER:
      return TrafficPolicy::kCluster;
    case v1::TRAFFIC_POLICY_LOCAL:
      return TrafficPolicy::kLocal;
    default:
      return std::nullopt;
  }
}

v1::TrafficPolicy to_proto(TrafficPolicy policy) {
  return policy == TrafficPolicy::kLocal ? v1::TRAFFIC_POLICY_LOCAL : v1::TRAFFIC_POLICY_CLUSTER;
}

std::optional<SourceAddress> from_proto(v1::SourceAddress source_address) {
  switch (source_address) {
    case v1::SOURCE_ADDRESS_UNSPECIFIED:
    case v1::SOURCE_ADDRESS_MASQUERADE:
      return SourceAddress::kMasquerade;
    case v1::SOURCE_ADDRESS_PRESERVE:
      return SourceAddress::kPreserve;
    case v1::SOURCE_ADDRESS_MASQUERADE_OFF_CLUSTER:
      return SourceAddress::kMasqueradeOffCluster;
    default:
      return std::nullopt;
  }
}

v1::SourceAddress to_proto(SourceAddress source_address) {
  switch (source_address) {
    case SourceAddress::kMasquerade:
      return v1::SOURCE_ADDRESS_MASQUERADE;
    case SourceAddress::kPreserve:
      return v1::SOURCE_ADDRESS_PRESERVE;
    case SourceAddress::kMasqueradeOffCluster:
      return v1::SOURCE_ADDRESS_MASQUERADE_OFF_CLUSTER;
  }
  return v1::SOURCE_ADDRESS_UNSPECIFIED;
}

std::optional<store::EndpointState> from_proto(v1::Endpoint::State state,
                                               store::EndpointState unspecified) {
  switch (state) {
    case v1::Endpoint::STATE_UNSPECIFIED:
      return unspecified;
    case v1::Endpoint::STATE_ACTIVE:
      return store::EndpointState::kActive;
    case v1::Endpoint::STATE_DRAINING:
      return store::EndpointState::kDraining;
    default:
      return std::nullopt;
  }
}

v1::Endpoint::State to_proto(std::optional<store::EndpointState> state) {
  return state == store::EndpointState::kDraining ? v1::Endpoint::STATE_DRAINING
                                                  : v1::Endpoint::STATE_ACTIVE;
}

// An address that does not say it has the Service's; a Service's fault is not each address's too.
std::optional<SourceAddress> source_address_of(const v1::ServiceAddress& address,
                                               std::optional<SourceAddress> of_service) {
  if (address.source_address() != v1::SOURCE_ADDRESS_UNSPECIFIED) {
    return from_proto(address.source_address());
  }
  return of_service.value_or(SourceAddress::kMasquerade);
}

}  // namespace

std::optional<Protocol> from_proto(v1::Protocol protocol) {
  switch (protocol) {
    case v1::PROTOCOL_TCP:
      return Protocol::kTcp;
    case v1::PROTOCOL_UDP:
      return Protocol::kUdp;
    case v1::PROTOCOL_SCTP:
      return Protocol::kSctp;
    default:
      return std::nullopt;
  }
}

v1::Protocol to_proto(Protocol protocol) {
  switch (protocol) {
    case Protocol::kTcp:
      return v1::PROTOCOL_TCP;
    case Protocol::kUdp:
      return v1::PROTOCOL_UDP;
    case Protocol::kSctp:
      return v1::PROTOCOL_SCTP;
    case Protocol::kIcmp:
    case Protocol::kIcmpv6:
      break;
  }
  return v1::PROTOCOL_UNSPECIFIED;
}

store::Service from_proto(const v1::Service& message) {
  store::Service service;
  service.name = message.name();
  service.source_address = from_proto(message.source_address());
  for (const v1::ServiceAddress& address : message.addresses()) {
    service.addresses.push_back({address.address(),
                                 from_proto(address.kind()),
                                 from_proto(address.traffic_policy()),
                                 source_address_of(address, service.source_address),
                                 {address.source_ranges().begin(), address.source_ranges().end()}});
  }
  for (const v1::ServicePort& port : message.ports()) {
    service.ports.push_back(
        {port.name(), from_proto(port.protocol()), port.port(), port.node_port()});
  }
  service.selection = from_proto(message.selection());
  if (message.has_client_affinity()) {
    service.client_affinity = absl::Seconds(message.client_affinity().seconds()) +
                              absl::Nanoseconds(message.client_affinity().nanos());
  }
  service.maglev_table_size = message.maglev_table_size();
  service.health_check_port = message.health_check_port();
  return service;
}

store::Endpoint from_proto(const v1::Endpoint& message) {
  store::Endpoint endpoint;
  endpoint.name = message.name();
  endpoint.service = message.service();
  endpoint.address = message.address();
  for (const v1::EndpointPort& port : message.ports()) {
    endpoint.ports.push_back({port.name(), port.port()});
  }
  endpoint.node = message.node();
  endpoint.state = from_proto(message.state(), store::EndpointState::kActive);
  endpoint.local_state = from_proto(message.local_state(), store::EndpointState::kDraining);
  if (message.has_weight()) endpoint.weight = message.weight();
  endpoint.max_connections = message.max_connections();
  endpoint.terminating = message.terminating();
  return endpoint;
}

store::Route from_proto(const v1::Route& message) {
  store::Route route{message.prefix(), message.gateway(), message.port()};
  for (const v1::NextHop& hop : message.next_hops()) {
    route.next_hops.push_back({hop.gateway(), hop.port()});
  }
  return route;
}

v1::Service to_proto(const store::Service& service) {
  v1::Service message;
  message.set_name(service.name);
  for (const store::ServiceAddress& address : service.addresses) {
    v1::ServiceAddress& made = *message.add_addresses();
    made.set_address(address.address);
    if (address.kind) made.set_kind(to_proto(*address.kind));
    if (address.traffic_policy) made.set_traffic_policy(to_proto(*address.traffic_policy));
    if (address.source_address) made.set_source_address(to_proto(*address.source_address));
    for (const std::string& range : address.source_ranges) made.add_source_ranges(range);
  }
  for (const store::Port& port : service.ports) {
    v1::ServicePort& made = *message.add_ports();
    made.set_name(port.name);
    if (port.protocol) made.set_protocol(to_proto(*port.protocol));
    made.set_port(port.port);
    made.set_node_port(port.node_port);
  }
  if (service.selection) message.set_selection(to_proto(*service.selection));
  if (service.source_address) message.set_source_address(to_proto(*service.source_address));
  if (service.client_affinity) {
    *message.mutable_client_affinity() =
        to_proto(absl::ToChronoNanoseconds(*service.client_affinity));
  }
  message.set_maglev_table_size(service.maglev_table_size);
  message.set_health_check_port(service.health_check_port);
  return message;
}

v1::Endpoint to_proto(const store::Endpoint& endpoint) {
  v1::Endpoint message;
  message.set_name(endpoint.name);
  message.set_service(endpoint.service);
  message.set_address(endpoint.address);
  for (const store::EndpointPort& port : endpoint.ports) {
    v1::EndpointPort& made = *message.add_ports();
    made.set_name(port.name);
    made.set_port(port.port);
  }
  message.set_node(endpoint.node);
  message.set_state(to_proto(endpoint.state));
  message.set_local_state(to_proto(endpoint.local_state));
  message.set_weight(endpoint.weight);
  message.set_max_connections(endpoint.max_connections);
  message.set_terminating(endpoint.terminating);
  return message;
}

v1::Route to_proto(const store::Route& route) {
  v1::Route message;
  message.set_prefix(route.prefix);
  message.set_gateway(route.gateway);
  message.set_port(route.port);
  for (const store::RouteHop& hop : route.next_hops) {
    v1::NextHop& made = *message.add_next_hops();
    made.set_gateway(hop.gateway);
    made.set_port(hop.port);
  }
  return message;
}

}  // namespace portico
