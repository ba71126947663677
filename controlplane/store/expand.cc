#include "controlplane/store/expand.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"

namespace portico::store {
namespace {

using ParsedEndpoint = std::pair<IpAddress, const Endpoint*>;

L4Port to_port(std::uint32_t port) {
  return L4Port::from_host(static_cast<std::uint16_t>(port));
}

std::vector<ParsedEndpoint> endpoints_in(Family family, const Endpoints& endpoints) {
  std::vector<ParsedEndpoint> parsed;
  for (const auto& [name, endpoint] : endpoints) {
    const IpAddress address = IpAddress::parse(endpoint->address).value();
    if (address.family() == family) parsed.emplace_back(address, endpoint.get());
  }
  return parsed;
}

std::vector<ServiceAddress> addresses_in(Family family, const Service& service) {
  std::vector<ServiceAddress> addresses;
  for (const ServiceAddress& address : service.addresses) {
    if (IpAddress::parse(address.address).value().family() == family) addresses.push_back(address);
  }
  return addresses;
}

std::vector<portico::Endpoint> serving(const Port& port,
                                       const std::vector<ParsedEndpoint>& endpoints) {
  std::vector<portico::Endpoint> serving;
  for (const auto& [address, endpoint] : endpoints) {
    for (const EndpointPort& at : endpoint->ports) {
      if (at.name != port.name) continue;
      serving.push_back({address, to_port(at.port), endpoint->name, endpoint->node,
                         *endpoint->state == EndpointState::kActive});
    }
  }
  std::sort(serving.begin(), serving.end(), [](const auto& a, const auto& b) {
    return std::tie(a.address, a.port, a.identity) < std::tie(b.address, b.port, b.identity);
  });
  return serving;
}

}  // namespace

std::vector<ServicePort> expand(const Service& service, const Endpoints& endpoints) {
  std::vector<ServicePort> service_ports;
  for (const Family family : {Family::kIpv4, Family::kIpv6}) {
    const std::vector<ServiceAddress> addresses = addresses_in(family, service);
    if (addresses.empty()) continue;
    const std::vector<ParsedEndpoint> parsed = endpoints_in(family, endpoints);
    for (const Port& port : service.ports) {
      ServicePort& made = service_ports.emplace_back();
      made.id = absl::StrCat(service.name, ":", port.name, "/", std::string(to_string(family)));
      made.service = service.name;
      made.port_name = port.name;
      made.family = family;
      made.protocol = *port.protocol;
      for (const ServiceAddress& address : addresses) {
        made.frontends.push_back({IpAddress::parse(address.address).value(), to_port(port.port),
                                  *address.kind, TrafficPolicy::kCluster, *service.source_address});
      }
      made.endpoints = serving(port, parsed);
      made.selection = *service.selection;
      made.source_address = *service.source_address;
    }
  }
  return service_ports;
}

portico::Route expand(const Route& route) {
  portico::Route made;
  made.prefix = IpPrefix::parse(route.prefix).value();
  if (!route.gateway.empty()) made.gateway = IpAddress::parse(route.gateway).value();
  if (!route.port.empty()) made.port = route.port;
  return made;
}

}  // namespace portico::store
