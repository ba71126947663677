#include "dataplane/runtime/route_writer.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace portico {
namespace {

bool reaches(const Port& port, const IpAddress& address) {
  return std::any_of(port.addresses.begin(), port.addresses.end(),
                     [&](const auto& own) { return own.subnet().contains(address); });
}

}  // namespace

const Route* RouteWriter::Candidates::effective() const {
  for (const std::optional<Route>& route : by_origin) {
    if (route) return &*route;
  }
  return nullptr;
}

absl::StatusOr<PortId> RouteWriter::port_of(const IpPrefix& prefix,
                                            const std::optional<IpAddress>& gateway,
                                            const std::optional<std::string>& port_name) const {
  for (const Port& port : shared_.ports) {
    if (port_name ? port.name == *port_name : reaches(port, *gateway)) return port.id;
  }
  return absl::InvalidArgumentError(
      port_name
          ? absl::StrCat("route ", prefix.to_string(), ": there is no port \"", *port_name, "\"")
          : absl::StrCat("route ", prefix.to_string(), ": the gateway ", gateway->to_string(),
                         " is on no port's link"));
}

absl::StatusOr<std::vector<RouteWriter::Hop>> RouteWriter::hops_of(const Route& route) const {
  std::vector<Hop> hops;
  for (const RouteHop& hop : route.next_hops) {
    const absl::StatusOr<PortId> port = port_of(route.prefix, hop.gateway, hop.port);
    if (!port.ok()) return port.status();
    hops.emplace_back(*port, hop.gateway);
  }
  std::sort(hops.begin(), hops.end());
  return hops;
}

absl::StatusOr<std::vector<PortId>> RouteWriter::ports_of(const Route& route) const {
  if (route.next_hops.empty()) {
    const absl::StatusOr<PortId> port = port_of(route.prefix, route.gateway, route.port);
    if (!port.ok()) return port.status();
    return std::vector<PortId>{*port};
  }
  const auto hops = hops_of(route);
  if (!hops.ok()) return hops.status();
  std::vector<PortId> ports;
  for (const auto& [port, gateway] : *hops) {
    if (ports.empty() || ports.back() != port) ports.push_back(port);
  }
  return ports;
}

absl::Status RouteWriter::check(const Route& route) const {
  if (!route.gateway && !route.port && route.next_hops.empty()) {
    return absl::InvalidArgumentError(absl::StrCat("route ", route.prefix.to_string(),
                                                   ": neither a gateway nor a port is given"));
  }
  return ports_of(route).status();
}

// The next hops of a route that has several are to be known to the slow path while it counts.
void RouteWriter::count_shared_hops(const Route* route, int difference) {
  if (route == nullptr || route->next_hops.empty()) return;
  const auto hops = hops_of(*route);
  if (!hops.ok()) return;
  for (const Hop& hop : *hops) {
    if ((shared_hops_[hop] += difference) == 0) shared_hops_.erase(hop);
  }
}

std::vector<RouteWriter::Hop> RouteWriter::shared_hops() const {
  std::vector<Hop> hops;
  for (const auto& [hop, routes] : shared_hops_) hops.push_back(hop);
  return hops;
}

absl::Status RouteWriter::set(const Route& route, Origin origin) {
  const auto [at, is_new] = routes_.try_emplace(route.prefix);
  std::optional<Route>& place = at->second.by_origin[static_cast<std::size_t>(origin)];
  count_shared_hops(at->second.effective(), -1);
  const std::optional<Route> before = std::exchange(place, route);
  const absl::Status status = install(route.prefix, at->second.effective());
  if (!status.ok()) place = before;
  count_shared_hops(at->second.effective(), 1);
  if (!status.ok() && is_new) routes_.erase(at);
  return status;
}

void RouteWriter::erase(const IpPrefix& prefix, Origin origin) {
  const auto at = routes_.find(prefix);
  if (at == routes_.end()) return;
  count_shared_hops(at->second.effective(), -1);
  at->second.by_origin[static_cast<std::size_t>(origin)].reset();
  const Route* effective = at->second.effective();
  count_shared_hops(effective, 1);
  // Taking a route out, or putting another in its place, needs no room.
  install(prefix, effective).IgnoreError();
  if (effective == nullptr) routes_.erase(at);
}

absl::Status RouteWriter::install(const IpPrefix& prefix, const Route* route) {
  return prefix.family() == Family::kIpv4 ? install<Ipv4Address>(prefix, route)
                                          : install<Ipv6Address>(prefix, route);
}

template <typename Address>
absl::Status RouteWriter::install(const IpPrefix& prefix, const Route* route) {
  auto& table = shared_.family<Address>().routes;
  if (route == nullptr) {
    table.erase(prefix);
    return absl::OkStatus();
  }
  if (!route->next_hops.empty()) {
    const auto hops = hops_of(*route);
    if (!hops.ok()) return hops.status();
    NextHops<Address> equal;
    for (const auto& [port, gateway] : *hops) {
      equal.others.push_back({port, false, gateway.template as<Address>()});
    }
    static_cast<NextHop<Address>&>(equal) = equal.others.front();
    equal.others.erase(equal.others.begin());
    return table.set(prefix, equal);
  }
  const absl::StatusOr<PortId> port = port_of(prefix, route->gateway, route->port);
  if (!port.ok()) return port.status();
  NextHop<Address> hop{*port, !route->gateway, {}};
  if (route->gateway) hop.gateway = route->gateway->template as<Address>();
  return table.set(prefix, hop);
}

void RouteWriter::publish() {
  shared_.v4.routes.publish();
  shared_.v6.routes.publish();
}

void RouteWriter::release() {
  shared_.v4.routes.release();
  shared_.v6.routes.release();
}

std::vector<RouteInfo> RouteWriter::list() const {
  std::vector<RouteInfo> list;
  for (const auto& [prefix, candidates] : routes_) {
    for (std::size_t origin = 0; origin < candidates.by_origin.size(); ++origin) {
      const std::optional<Route>& route = candidates.by_origin[origin];
      if (!route || &*route != candidates.effective()) continue;
      std::vector<std::string> names;
      const auto ports = ports_of(*route);
      for (const PortId port : ports.ok() ? *ports : std::vector<PortId>{}) {
        names.push_back(shared_.ports[port.value].name);
      }
      list.push_back({*route, absl::StrJoin(names, ","), static_cast<Origin>(origin)});
    }
  }
  return list;
}

}  // namespace portico
