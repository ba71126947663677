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
      break;  // has no place in the API yet
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
    default:
      return std::nullopt;
  }
}

std::optional<SourceAddress> from_proto(v1::SourceAddress source_address) {
  switch (source_address) {
    case v1::SOURCE_ADDRESS_UNSPECIFIED:
    case v1::SOURCE_ADDRESS_MASQUERADE:
      return SourceAddress::kMasquerade;
    case v1::SOURCE_ADDRESS_PRESERVE:
      return SourceAddress::kPreserve;
    default:
      return std::nullopt;
  }
}

std::optional<store::EndpointState> from_proto(v1::Endpoint::State state) {
  switch (state) {
    case v1::Endpoint::STATE_UNSPECIFIED:
    case v1::Endpoint::STATE_ACTIVE:
      return store::EndpointState::kActive;
    case v1::Endpoint::STATE_DRAINING:
      return store::EndpointState::kDraining;
    default:
      return std::nullopt;
  }
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
  for (const v1::ServiceAddress& address : message.addresses()) {
    service.addresses.push_back({address.address(), from_proto(address.kind())});
  }
  for (const v1::ServicePort& port : message.ports()) {
    service.ports.push_back({port.name(), from_proto(port.protocol()), port.port()});
  }
  service.selection = from_proto(message.selection());
  service.source_address = from_proto(message.source_address());
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
  endpoint.state = from_proto(message.state());
  return endpoint;
}

store::Route from_proto(const v1::Route& message) {
  return {message.prefix(), message.gateway(), message.port()};
}

v1::Service to_proto(const store::Service& service) {
  v1::Service message;
  message.set_name(service.name);
  for (const store::ServiceAddress& address : service.addresses) {
    v1::ServiceAddress& made = *message.add_addresses();
    made.set_address(address.address);
    if (address.kind) made.set_kind(to_proto(*address.kind));
  }
  for (const store::Port& port : service.ports) {
    v1::ServicePort& made = *message.add_ports();
    made.set_name(port.name);
    if (port.protocol) made.set_protocol(to_proto(*port.protocol));
    made.set_port(port.port);
  }
  message.set_selection(service.selection == Selection::kMaglev ? v1::SELECTION_MAGLEV
                                                                : v1::SELECTION_RANDOM);
  message.set_source_address(service.source_address == SourceAddress::kPreserve
                                 ? v1::SOURCE_ADDRESS_PRESERVE
                                 : v1::SOURCE_ADDRESS_MASQUERADE);
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
  message.set_state(endpoint.state == store::EndpointState::kDraining ? v1::Endpoint::STATE_DRAINING
                                                                      : v1::Endpoint::STATE_ACTIVE);
  return message;
}

v1::Route to_proto(const store::Route& route) {
  v1::Route message;
  message.set_prefix(route.prefix);
  message.set_gateway(route.gateway);
  message.set_port(route.port);
  return message;
}

}  // namespace portico
