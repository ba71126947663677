#include "controlplane/store/expand.h"

#include <algorithm>
#include <optional>
#include <string>
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

// An address of a Service as it is in one family: one text is many addresses for node ports.
struct ReachedOn {
  std::vector<IpAddress> addresses;
  const ServiceAddress* as = nullptr;
  std::vector<IpPrefix> source_ranges;
};

bool is_node_port(const ServiceAddress& address) {
  return address.kind == FrontendKind::kNodePort;
}

std::optional<Family> family_of(const std::string& prefix) {
  const absl::StatusOr<IpPrefix> parsed = IpPrefix::parse(prefix);
  return parsed.ok() ? std::optional(parsed->family()) : std::nullopt;
}

// Whether clients of a family may use it at all.
bool serves(Family family, const ServiceAddress& address) {
  return address.source_ranges.empty() ||
         std::any_of(address.source_ranges.begin(), address.source_ranges.end(),
                     [&](const std::string& range) { return family_of(range) == family; });
}

// Sorted, so that another order is no change.
std::vector<IpPrefix> ranges_in(Family family, const ServiceAddress& address) {
  std::vector<IpPrefix> ranges;
  for (const std::string& range : address.source_ranges) {
    const IpPrefix prefix = IpPrefix::parse(range).value();
    if (prefix.family() == family) ranges.push_back(prefix);
  }
  std::sort(ranges.begin(), ranges.end());
  ranges.erase(std::unique(ranges.begin(), ranges.end()), ranges.end());
  return ranges;
}

std::vector<ReachedOn> reached_on(Family family, const Service& service,
                                  const NodePortConfig& node_ports) {
  std::vector<ReachedOn> reached;
  for (const ServiceAddress& address : service.addresses) {
    if (!serves(family, address)) continue;
    ReachedOn made;
    if (!is_node_port(address)) {
      const IpAddress parsed = IpAddress::parse(address.address).value();
      if (parsed.family() == family) made.addresses.push_back(parsed);
    } else {
      for (const IpAddress& own : node_ports.addresses) {
        if (own.family() == family) made.addresses.push_back(own);
      }
    }
    if (made.addresses.empty()) continue;
    made.as = &address;
    made.source_ranges = ranges_in(family, address);
    reached.push_back(std::move(made));
  }
  return reached;
}

std::vector<Frontend> frontends(const Port& port, const std::vector<ReachedOn>& reached) {
  std::vector<Frontend> frontends;
  for (const ReachedOn& on : reached) {
    const std::uint32_t number = is_node_port(*on.as) ? port.node_port : port.port;
    if (number == 0) continue;
    for (const IpAddress& address : on.addresses) {
      frontends.push_back({address, to_port(number), *on.as->kind, *on.as->traffic_policy,
                           *on.as->source_address, on.source_ranges});
    }
  }
  return frontends;
}

std::vector<portico::Endpoint> serving(const Port& port,
                                       const std::vector<ParsedEndpoint>& endpoints) {
  std::vector<portico::Endpoint> serving;
  for (const auto& [address, endpoint] : endpoints) {
    for (const EndpointPort& at : endpoint->ports) {
      if (at.name != port.name) continue;
      serving.push_back({address, to_port(at.port), endpoint->name, endpoint->node,
                         *endpoint->state == EndpointState::kActive,
                         *endpoint->local_state == EndpointState::kActive, endpoint->weight,
                         endpoint->max_connections});
    }
  }
  std::sort(serving.begin(), serving.end(), [](const auto& a, const auto& b) {
    return std::tie(a.address, a.port, a.identity) < std::tie(b.address, b.port, b.identity);
  });
  return serving;
}

}  // namespace

bool has_family(const Service& service, Family family, const NodePortConfig& node_ports) {
  bool has_own = false;
  bool has_node_port = false;
  for (const ServiceAddress& address : service.addresses) {
    if (is_node_port(address)) {
      has_node_port = serves(family, address);
      continue;
    }
    const absl::StatusOr<IpAddress> parsed = IpAddress::parse(address.address);
    if (parsed.ok() && parsed->family() == family) return true;
    has_own = true;
  }
  return !has_own && has_node_port &&
         std::any_of(node_ports.addresses.begin(), node_ports.addresses.end(),
                     [&](const IpAddress& address) { return address.family() == family; });
}

std::vector<ServicePort> expand(const Service& service, const Endpoints& endpoints,
                                const NodePortConfig& node_ports) {
  std::vector<ServicePort> service_ports;
  for (const Family family : {Family::kIpv4, Family::kIpv6}) {
    if (!has_family(service, family, node_ports)) continue;
    const std::vector<ReachedOn> reached = reached_on(family, service, node_ports);
    const std::vector<ParsedEndpoint> parsed = endpoints_in(family, endpoints);
    for (const Port& port : service.ports) {
      std::vector<Frontend> reached_at = frontends(port, reached);
      if (reached_at.empty()) continue;
      ServicePort& made = service_ports.emplace_back();
      made.id = absl::StrCat(service.name, ":", port.name, "/", std::string(to_string(family)));
      made.service = service.name;
      made.port_name = port.name;
      made.family = family;
      made.protocol = *port.protocol;
      made.frontends = std::move(reached_at);
      made.endpoints = serving(port, parsed);
      made.selection = *service.selection;
      made.maglev_table_size = service.maglev_table_size;
      if (service.client_affinity) {
        made.client_affinity = absl::ToChronoNanoseconds(*service.client_affinity);
      }
    }
  }
  return service_ports;
}

portico::Route expand(const Route& route) {
  portico::Route made;
  made.prefix = IpPrefix::parse(route.prefix).value();
  if (!route.gateway.empty()) made.gateway = IpAddress::parse(route.gateway).value();
  if (!route.port.empty()) made.port = route.port;
  for (const RouteHop& hop : route.next_hops) {
    made.next_hops.push_back({IpAddress::parse(hop.gateway).value(), std::nullopt});
    if (!hop.port.empty()) made.next_hops.back().port = hop.port;
  }
  return made;
}

}  // namespace portico::store
