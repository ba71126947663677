#include "dataplane/runtime/table_writer.h"

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "dataplane/state/maglev.h"

namespace portico {
namespace {

using EndpointKey = std::tuple<std::string, IpAddress, L4Port>;

EndpointKey key_of(const Endpoint& endpoint) {
  return {endpoint.identity, endpoint.address, endpoint.port};
}

template <typename Address>
ServiceKey<Address> service_key(const Frontend& frontend, Protocol protocol) {
  return {frontend.address.as<Address>(), frontend.port, protocol};
}

// Whether the frontend makes its address a Service's. A node port on an address that is configured
// for node ports does not: the address goes on being what else it is.
template <typename Address>
bool claims_address(const Frontend& frontend, const LocalAddresses<Address>& locals) {
  return frontend.kind != FrontendKind::kNodePort ||
         !locals.find(frontend.address.as<Address>()).is_node_port(frontend.port);
}

absl::Status exhausted(absl::string_view what, std::size_t wanted, std::uint32_t capacity,
                       absl::string_view setting) {
  return absl::ResourceExhaustedError(absl::StrCat(wanted, " ", what, " are more than the ",
                                                   capacity, " that ", setting, " reserves"));
}

}  // namespace

TableWriter::TableWriter(SharedTables& shared, const CapacityConfig& capacity)
    : shared_(shared), routes_(shared), slots_(capacity.endpoints) {}

TableWriter::~TableWriter() = default;

absl::Status TableWriter::install(const GatewayConfig& config) {
  for (const Port& port : shared_.ports) {
    for (const InterfaceAddress& own : port.addresses) {
      if (own.address.is_v4()) {
        shared_.v4.locals.add_own(own.address.v4(), port.id);
      } else {
        shared_.v6.locals.add_own(own.address.v6(), port.id);
      }
      const absl::Status status =
          routes_.set({own.subnet(), std::nullopt, port.name}, RouteInfo::Origin::kConnected);
      if (!status.ok()) return status;
    }
  }
  for (const IpAddress& address : config.snat.addresses) {
    if (address.is_v4()) {
      shared_.v4.locals.add_snat(address.v4());
    } else {
      shared_.v6.locals.add_snat(address.v6());
    }
  }
  const NodePortConfig& node_ports = config.node_ports;
  for (const IpAddress& address : node_ports.addresses) {
    if (address.is_v4()) {
      shared_.v4.locals.add_node_port(address.v4(), node_ports.first_port, node_ports.last_port);
    } else {
      shared_.v6.locals.add_node_port(address.v6(), node_ports.first_port, node_ports.last_port);
    }
  }
  for (const Route& route : config.routes) {
    if (absl::Status status = routes_.check(route); !status.ok()) return status;
    const absl::Status status = routes_.set(route, RouteInfo::Origin::kConfigured);
    if (!status.ok()) return status;
  }
  routes_.publish();
  release();
  return absl::OkStatus();
}

absl::Status TableWriter::apply(const TableChange& change,
                                const std::function<void(EndpointRef)>& on_new_endpoint) {
  if (absl::Status status = check(change); !status.ok()) return status;
  for (const ServicePort& port : change.set_service_ports) set(port, on_new_endpoint);
  for (std::unique_ptr<Installed>& replaced : std::exchange(replaced_, {})) {
    const Installed* const successor = service_ports_[replaced->spec.id].get();
    retire(std::move(replaced), successor);
  }
  for (const std::string& id : change.deleted_service_ports) erase(id);
  for (const IpPrefix& prefix : change.deleted_routes) {
    routes_.erase(prefix, RouteInfo::Origin::kPushed);
  }
  for (const Route& route : change.set_routes) {
    routes_.set(route, RouteInfo::Origin::kPushed).IgnoreError();  // check() has made room
  }
  routes_.publish();
  release();
  return absl::OkStatus();
}

// Everything that could fail, before anything is touched.
absl::Status TableWriter::mirror(const std::vector<Route>& set,
                                 const std::vector<IpPrefix>& deleted) {
  absl::Status result;
  for (const IpPrefix& prefix : deleted) routes_.erase(prefix, RouteInfo::Origin::kKernel);
  for (const Route& route : set) {
    const absl::Status status = routes_.set(route, RouteInfo::Origin::kKernel);
    // The one that it replaces is no longer the kernel's.
    if (!status.ok()) routes_.erase(route.prefix, RouteInfo::Origin::kKernel);
    result.Update(status);
  }
  routes_.publish();
  release();
  return result;
}

absl::Status TableWriter::check(const TableChange& change) const {
  std::size_t more_routes[2] = {0, 0};
  for (const Route& route : change.set_routes) {
    if (absl::Status status = routes_.check(route); !status.ok()) return status;
    if (!routes_.has(route.prefix)) ++more_routes[route.prefix.family() == Family::kIpv6];
  }
  const std::uint32_t capacity = shared_.v4.routes.capacity();
  const std::size_t wanted = std::max(shared_.v4.routes.size() + more_routes[0],
                                      shared_.v6.routes.size() + more_routes[1]);
  if (wanted > capacity) return exhausted("routes", wanted, capacity, "capacity.routes");
  if (absl::Status status = check_frontends(change); !status.ok()) return status;
  return check_endpoints(change);
}

absl::Status TableWriter::check_frontends(const TableChange& change) const {
  std::set<std::tuple<IpAddress, L4Port, Protocol>> added[2];
  for (const ServicePort& port : change.set_service_ports) {
    for (const Frontend& frontend : port.frontends) {
      if (frontends_.contains({frontend.address, frontend.port, port.protocol})) continue;
      added[port.family == Family::kIpv6].insert({frontend.address, frontend.port, port.protocol});
    }
  }
  const std::uint32_t capacity = shared_.v4.services.capacity();
  const std::size_t wanted = std::max(shared_.v4.services.size() + added[0].size(),
                                      shared_.v6.services.size() + added[1].size());
  if (wanted > capacity) return exhausted("frontends", wanted, capacity, "capacity.frontends");
  return absl::OkStatus();
}

absl::Status TableWriter::check_endpoints(const TableChange& change) const {
  std::size_t added = 0;
  for (const ServicePort& port : change.set_service_ports) {
    std::set<EndpointKey> present;
    if (const auto* installed = endpoints(port.id)) {
      for (const InstalledEndpoint& old : *installed) present.insert(key_of(old.endpoint));
    }
    for (const Endpoint& endpoint : port.endpoints) added += !present.contains(key_of(endpoint));
    if (port.selection == Selection::kMaglev && port.endpoints.size() > kMaxMaglevEndpoints) {
      return absl::InvalidArgumentError(
          absl::StrCat(port.id, " has ", port.endpoints.size(), " endpoints, more than the ",
                       kMaxMaglevEndpoints, " that Maglev can choose among"));
    }
  }
  const std::uint32_t capacity = shared_.endpoints.capacity();
  const std::size_t wanted = shared_.endpoints.size() + added;
  if (wanted > capacity) return exhausted("endpoints", wanted, capacity, "capacity.endpoints");
  return absl::OkStatus();
}

void TableWriter::set(const ServicePort& port,
                      const std::function<void(EndpointRef)>& on_new_endpoint) {
  std::unique_ptr<Installed>& place = service_ports_[port.id];
  std::unique_ptr<Installed> before = std::move(place);
  place = std::make_unique<Installed>();
  place->spec = port;
  place->number = before ? before->number : next_number_++;
  place->endpoints = place_endpoints(port, before.get(), on_new_endpoint);
  if (port.family == Family::kIpv4) {
    place->v4 = make_entries<Ipv4Address>(*place);
    publish(*place, *place->v4);
  } else {
    place->v6 = make_entries<Ipv6Address>(*place);
    publish(*place, *place->v6);
  }
  if (before) replaced_.push_back(std::move(before));
}

void TableWriter::erase(const std::string& id) {
  const auto at = service_ports_.find(id);
  if (at == service_ports_.end()) return;
  std::unique_ptr<Installed> installed = std::move(at->second);
  service_ports_.erase(at);
  retire(std::move(installed), nullptr);
}

// Takes away what `installed` had and `successor` has not. Frontends that another Service port has
// taken over meanwhile stay: new entries are published before old ones go.
void TableWriter::retire(std::unique_ptr<Installed> installed, const Installed* successor) {
  for (const Frontend& frontend : installed->spec.frontends) {
    const bool stays =
        successor != nullptr && successor->spec.protocol == installed->spec.protocol &&
        std::any_of(successor->spec.frontends.begin(), successor->spec.frontends.end(),
                    [&](const Frontend& other) {
                      return other.address == frontend.address && other.port == frontend.port;
                    });
    if (frontend.address.is_v4()) {
      withdraw<Ipv4Address>(frontend, installed->spec, stays);
    } else {
      withdraw<Ipv6Address>(frontend, installed->spec, stays);
    }
  }
  std::set<std::uint32_t> kept;
  if (successor != nullptr) {
    for (const InstalledEndpoint& endpoint : successor->endpoints) kept.insert(endpoint.ref.slot);
  }
  for (const InstalledEndpoint& endpoint : installed->endpoints) {
    if (kept.contains(endpoint.ref.slot)) continue;
    slots_[endpoint.ref.slot].clear();
    shared_.endpoints.free(endpoint.ref);
  }
  retired_.push_back(std::move(installed));
}

// Each Service port counts its addresses once for each of its frontends.
template <typename Address>
void TableWriter::withdraw(const Frontend& frontend, const ServicePort& port, bool stays) {
  auto& family = shared_.family<Address>();
  const auto at = frontends_.find({frontend.address, frontend.port, port.protocol});
  if (!stays && at != frontends_.end() && at->second == port.id) {
    frontends_.erase(at);
    family.services.erase(service_key<Address>(frontend, port.protocol));
  }
  if (claims_address(frontend, family.locals)) {
    family.locals.remove_service(frontend.address.as<Address>());
  }
}

std::vector<InstalledEndpoint> TableWriter::place_endpoints(
    const ServicePort& port, const Installed* predecessor,
    const std::function<void(EndpointRef)>& on_new_endpoint) {
  std::map<EndpointKey, const InstalledEndpoint*> known;
  if (predecessor != nullptr) {
    for (const InstalledEndpoint& old : predecessor->endpoints) {
      known.emplace(key_of(old.endpoint), &old);
    }
  }
  std::vector<InstalledEndpoint> placed;
  placed.reserve(port.endpoints.size());
  for (const Endpoint& endpoint : port.endpoints) {
    InstalledEndpoint installed{endpoint, {}};
    if (const auto at = known.find(key_of(endpoint)); at != known.end()) {
      installed.ref = at->second->ref;
      installed.open_before = at->second->open_before;
    } else {
      shared_.endpoints.allocate(installed.ref);  // check_endpoints() has made room
      installed.open_before = shared_.load.open(installed.ref.slot);
      slots_[installed.ref.slot] = port.id;
      on_new_endpoint(installed.ref);
    }
    placed.push_back(std::move(installed));
  }
  return placed;
}

template <typename Address>
std::unique_ptr<ServiceEntries<Address>> TableWriter::make_entries(const Installed& installed) {
  const auto seats = static_cast<std::uint16_t>(shared_.workers + 1);  // the last is explain's
  return std::make_unique<ServiceEntries<Address>>(installed.spec, installed.endpoints,
                                                   installed.number, seats, random_());
}

template <typename Address>
void TableWriter::publish(const Installed& installed, const ServiceEntries<Address>& entries) {
  auto& family = shared_.family<Address>();
  const ServicePort& port = installed.spec;
  for (std::size_t i = 0; i < port.frontends.size(); ++i) {
    const Frontend& frontend = port.frontends[i];
    if (claims_address(frontend, family.locals)) {
      family.locals.add_service(frontend.address.as<Address>());
    }
    family.services.set(service_key<Address>(frontend, port.protocol), entries.by_frontend[i]);
    frontends_[{frontend.address, frontend.port, port.protocol}] = port.id;
  }
}

void TableWriter::release() {
  shared_.rcu.synchronize();
  retired_.clear();
  shared_.endpoints.release();
  shared_.v4.services.release();
  shared_.v6.services.release();
  shared_.v4.locals.release();
  shared_.v6.locals.release();
  routes_.release();
}

const std::vector<InstalledEndpoint>* TableWriter::endpoints(
    const std::string& service_port_id) const {
  const auto at = service_ports_.find(service_port_id);
  return at == service_ports_.end() ? nullptr : &at->second->endpoints;
}

std::string TableWriter::service_port_of(EndpointRef ref) const {
  return shared_.endpoints.exists(ref) ? slots_[ref.slot] : std::string();
}

}  // namespace portico
