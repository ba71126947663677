// routes: what refers to the ports.

#include <algorithm>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "controlplane/config/addresses.h"
#include "controlplane/config/sections.h"

namespace portico {
namespace {

const PortConfig* find_port(const GatewayConfig& config, absl::string_view name) {
  for (const PortConfig& port : config.ports) {
    if (port.name == name) return &port;
  }
  return nullptr;
}

// The network of `port` that `address` is on; nullptr when there is none.
const InterfaceAddress* find_network(const PortConfig& port, const IpAddress& address) {
  for (const InterfaceAddress& own : port.addresses) {
    if (own.subnet().contains(address)) return &own;
  }
  return nullptr;
}

// The same over all ports, or over the one that the route names.
const InterfaceAddress* find_network(const GatewayConfig& config, const Route& route) {
  for (const PortConfig& port : config.ports) {
    if (route.port.has_value() && port.name != *route.port) continue;
    if (const InterfaceAddress* network = find_network(port, *route.gateway)) return network;
  }
  return nullptr;
}

// Why the route's gateway is no next hop; empty when it is.
std::string why_no_next_hop(const GatewayConfig& config, const Route& route) {
  const IpAddress& gateway = *route.gateway;
  if (gateway.family() != route.prefix.family()) {
    return absl::StrCat("is ", to_string(gateway.family()), ", but the prefix is ",
                        to_string(route.prefix.family()));
  }
  if (!gateway.is_v4() && gateway.is_link_local()) {
    return route.port.has_value() ? "" : "is link-local: `port` must say on which link";
  }
  const InterfaceAddress* network = find_network(config, route);
  if (network == nullptr) {
    return absl::StrCat(gateway.to_string(), " is on no network of ",
                        route.port.has_value() ? absl::StrCat("port ", *route.port) : "any port");
  }
  const absl::string_view why = why_no_host_of(gateway, network->subnet());
  if (!why.empty()) return absl::StrCat(gateway.to_string(), " ", why);
  for (const PortConfig& port : config.ports) {
    for (const InterfaceAddress& own : port.addresses) {
      if (own.address == gateway) return "is an address of this gateway itself";
    }
  }
  return "";
}

void check_prefix(const GatewayConfig& config, const IpPrefix& prefix, const std::string& field,
                  FieldFaults* faults) {
  if (prefix.address().is_multicast()) faults->add(field, "is multicast, which is not routed");
  for (const PortConfig& port : config.ports) {
    for (const InterfaceAddress& own : port.addresses) {
      if (own.subnet() != prefix) continue;
      return faults->add(field, absl::StrCat("is the network of port ", port.name, " already"));
    }
  }
}

void read_route(const config::v1::Route& route, const std::string& path, GatewayConfig* config,
                FieldFaults* faults) {
  Route result;
  const absl::StatusOr<IpPrefix> prefix = IpPrefix::parse(route.prefix());
  if (prefix.ok()) {
    result.prefix = *prefix;
    check_prefix(*config, *prefix, path + ".prefix", faults);
  } else {
    faults->add(path + ".prefix",
                route.prefix().empty() ? "is required" : prefix.status().message());
  }
  const bool port_is_known = route.has_port() && find_port(*config, route.port()) != nullptr;
  if (port_is_known) result.port = route.port();
  if (route.has_port() && !port_is_known) {
    faults->add(path + ".port", absl::StrCat("there is no port \"", route.port(), "\""));
  }
  if (route.has_gateway()) {
    result.gateway = read_host_address(route.gateway(), path + ".gateway", faults);
  } else if (!route.has_port()) {
    faults->add(path, "needs a gateway, a port or both");
  }
  if (prefix.ok() && result.gateway.has_value() && route.has_port() == port_is_known) {
    const std::string why = why_no_next_hop(*config, result);
    if (!why.empty()) faults->add(path + ".gateway", why);
  }
  if (prefix.ok()) config->routes.push_back(result);
}

}  // namespace

void read_routes(const config::v1::PorticodConfig& file, GatewayConfig* config,
                 FieldFaults* faults) {
  absl::flat_hash_map<IpPrefix, std::string> prefixes;
  for (int i = 0; i < file.routes_size(); ++i) {
    const std::string path = indexed("routes", i);
    const std::size_t before = config->routes.size();
    read_route(file.routes(i), path, config, faults);
    if (config->routes.size() == before) continue;
    const auto [first, is_new] = prefixes.emplace(config->routes.back().prefix, path);
    if (!is_new) {
      faults->add(path + ".prefix", absl::StrCat("is the prefix of ", first->second, " as well"));
    }
  }
}

}  // namespace portico
