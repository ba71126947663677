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
const InterfaceAddress* find_network(const GatewayConfig& config, const RouteHop& hop) {
  for (const PortConfig& port : config.ports) {
    if (hop.port.has_value() && port.name != *hop.port) continue;
    if (const InterfaceAddress* network = find_network(port, hop.gateway)) return network;
  }
  return nullptr;
}

// Why the route's gateway is no next hop; empty when it is.
std::string why_no_next_hop(const GatewayConfig& config, const IpPrefix& prefix,
                            const RouteHop& hop) {
  const IpAddress& gateway = hop.gateway;
  if (gateway.family() != prefix.family()) {
    return absl::StrCat("is ", to_string(gateway.family()), ", but the prefix is ",
                        to_string(prefix.family()));
  }
  if (!gateway.is_v4() && gateway.is_link_local()) {
    return hop.port.has_value() ? "" : "is link-local: `port` must say on which link";
  }
  const InterfaceAddress* network = find_network(config, hop);
  if (network == nullptr) {
    return absl::StrCat(gateway.to_string(), " is on no network of ",
                        hop.port.has_value() ? absl::StrCat("port ", *hop.port) : "any port");
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

// The name of the port, if the file has it and there is one of that name. False if there is none.
template <typename Message>
bool read_port(const Message& message, const std::string& path, const GatewayConfig& config,
               std::optional<std::string>* port, FieldFaults* faults) {
  if (!message.has_port()) return true;
  if (find_port(config, message.port()) == nullptr) {
    faults->add(path + ".port", absl::StrCat("there is no port \"", message.port(), "\""));
    return false;
  }
  *port = message.port();
  return true;
}

// `prefix`: absent when it is at fault itself.
template <typename Message>
std::optional<RouteHop> read_hop(const Message& message, const std::string& path,
                                 const std::optional<IpPrefix>& prefix, const GatewayConfig& config,
                                 FieldFaults* faults) {
  RouteHop hop;
  const bool port_is_known = read_port(message, path, config, &hop.port, faults);
  const auto gateway = read_host_address(message.gateway(), path + ".gateway", faults);
  if (!gateway.has_value()) return std::nullopt;
  hop.gateway = *gateway;
  if (prefix.has_value() && port_is_known) {
    const std::string why = why_no_next_hop(config, *prefix, hop);
    if (!why.empty()) faults->add(path + ".gateway", why);
  }
  return hop;
}

void read_next_hops(const config::v1::Route& route, const std::string& path,
                    const std::optional<IpPrefix>& prefix, const GatewayConfig& config,
                    Route* result, FieldFaults* faults) {
  const std::string field = path + ".next_hops";
  if (route.has_gateway() || route.has_port()) {
    faults->add(field, "stand instead of `gateway` and `port`, not beside them");
  }
  if (static_cast<std::size_t>(route.next_hops_size()) > kMaxNextHops) {
    faults->add(field, absl::StrCat("has more than ", kMaxNextHops, " next hops"));
  }
  for (int i = 0; i < route.next_hops_size(); ++i) {
    const auto hop = read_hop(route.next_hops(i), indexed(field, i), prefix, config, faults);
    if (!hop.has_value()) continue;
    const auto& known = result->next_hops;
    if (std::find(known.begin(), known.end(), *hop) != known.end()) {
      faults->add(indexed(field, i) + ".gateway", "is in the list already");
    }
    result->next_hops.push_back(*hop);
  }
}

void read_route(const config::v1::Route& route, const std::string& path, GatewayConfig* config,
                FieldFaults* faults) {
  Route result;
  std::optional<IpPrefix> prefix;
  if (const absl::StatusOr<IpPrefix> parsed = IpPrefix::parse(route.prefix()); parsed.ok()) {
    prefix = result.prefix = *parsed;
    check_prefix(*config, *prefix, path + ".prefix", faults);
  } else {
    faults->add(path + ".prefix",
                route.prefix().empty() ? "is required" : parsed.status().message());
  }
  if (route.next_hops_size() > 0) {
    read_next_hops(route, path, prefix, *config, &result, faults);
  } else if (route.has_gateway()) {
    if (const auto hop = read_hop(route, path, prefix, *config, faults)) {
      result.gateway = hop->gateway;
      result.port = hop->port;
    }
  } else if (!route.has_port()) {
    faults->add(path, "needs a gateway, a port or both");
  } else {
    read_port(route, path, *config, &result.port, faults);
  }
  if (prefix.has_value()) config->routes.push_back(result);
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
