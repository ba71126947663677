#include "dataplane/runtime/route_writer.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

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

absl::StatusOr<PortId> RouteWriter::port_of(const Route& route) const {
  for (const Port& port : shared_.ports) {
    if (route.port ? port.name == *route.port : reaches(port, *route.gateway)) return port.id;
  }
  return absl::InvalidArgumentError(
      route.port ? absl::StrCat("route ", route.prefix.to_string(), ": there is no port \"",
                                *route.port, "\"")
                 : absl::StrCat("route ", route.prefix.to_string(), ": the gateway ",
                                route.gateway->to_string(), " is on no port's link"));
}

absl::Status RouteWriter::check(const Route& route) const {
  if (!route.gateway && !route.port) {
    return absl::InvalidArgumentError(absl::StrCat("route ", route.prefix.to_string(),
                                                   ": neither a gateway nor a port is given"));
  }
  return port_of(route).status();
}

absl::Status RouteWriter::set(const Route& route, Origin origin) {
  const auto [at, is_new] = routes_.try_emplace(route.prefix);
  std::optional<Route>& place = at->second.by_origin[static_cast<std::size_t>(origin)];
  const std::optional<Route> before = std::exchange(place, route);
  const absl::Status status = install(route.prefix, at->second.effective());
  if (!status.ok()) {
    place = before;
    if (is_new) routes_.erase(at);
  }
  return status;
}

void RouteWriter::erase(const IpPrefix& prefix, Origin origin) {
  const auto at = routes_.find(prefix);
  if (at == routes_.end()) return;
  at->second.by_origin[static_cast<std::size_t>(origin)].reset();
  const Route* effective = at->second.effective();
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
  const absl::StatusOr<PortId> port = port_of(*route);
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
      const absl::StatusOr<PortId> port = port_of(*route);
      list.push_back(
          {*route, port.ok() ? shared_.ports[port->value].name : "", static_cast<Origin>(origin)});
    }
  }
  return list;
}

}  // namespace portico
