#include "controlplane/store/key_index.h"

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"

namespace portico::store {
namespace {

template <typename Map, typename Key>
const std::string* find(const Map& map, const Key& key) {
  const auto found = map.find(key);
  return found == map.end() ? nullptr : &found->second;
}

}  // namespace

std::string FrontendKey::to_string() const {
  const std::string name(portico::to_string(protocol));
  if (address.is_unspecified()) {
    return absl::StrCat(port.host(), "/", name, " on the node-port addresses");
  }
  return absl::StrCat(portico::to_string(address, port), "/", name);
}

std::string IndexedFrontend::field() const {
  switch (place) {
    case Place::kPort:
      return absl::StrCat("ports[", port_index, "].port");
    case Place::kNodePort:
      return absl::StrCat("ports[", port_index, "].node_port");
    case Place::kHealthCheckPort:
      return "health_check_port";
  }
  return "";
}

std::vector<IndexedFrontend> frontends_of(const Service& service) {
  using Place = IndexedFrontend::Place;
  std::vector<IndexedFrontend> frontends;
  const auto add = [&](const IpAddress& address, std::uint32_t port, Protocol protocol, Place place,
                       std::size_t index) {
    if (port > 65535) return;
    const auto number = L4Port::from_host(static_cast<std::uint16_t>(port));
    frontends.push_back({{address, number, protocol}, place, index});
  };
  for (const ServiceAddress& text : service.addresses) {
    const absl::StatusOr<IpAddress> address = IpAddress::parse(text.address);
    if (!address.ok() || address->is_unspecified()) continue;
    if (text.kind == FrontendKind::kNodePort) continue;
    for (std::size_t i = 0; i < service.ports.size(); ++i) {
      const Port& port = service.ports[i];
      if (port.protocol) add(*address, port.port, *port.protocol, Place::kPort, i);
    }
  }
  const IpAddress node_port_addresses;  // the unspecified one
  for (std::size_t i = 0; i < service.ports.size(); ++i) {
    const Port& port = service.ports[i];
    if (port.node_port == 0 || !port.protocol) continue;
    add(node_port_addresses, port.node_port, *port.protocol, Place::kNodePort, i);
  }
  if (service.health_check_port != 0) {
    add(node_port_addresses, service.health_check_port, Protocol::kTcp, Place::kHealthCheckPort, 0);
  }
  return frontends;
}

const std::string* KeyIndex::source_of_service(const std::string& name) const {
  return find(services_, name);
}

const std::string* KeyIndex::source_of_route(const std::string& key) const {
  return find(routes_, key);
}

const std::string* KeyIndex::service_of(const FrontendKey& frontend) const {
  return find(frontends_, frontend);
}

void KeyIndex::apply(const std::string& source, const ObjectSet& present,
                     const ObjectChange& change) {
  // First everything that goes, then everything that comes: a key may pass from one to another.
  for (const auto& [name, service] : change.services) {
    services_.erase(name);
    const ServicePtr old = present.service(name);
    if (!old) continue;
    for (const IndexedFrontend& frontend : frontends_of(*old)) frontends_.erase(frontend.key);
    health_check_ports_.erase(static_cast<std::uint16_t>(old->health_check_port));
  }
  for (const auto& [name, service] : change.services) {
    if (!service) continue;
    services_.emplace(name, source);
    for (const IndexedFrontend& frontend : frontends_of(*service)) {
      frontends_.emplace(frontend.key, name);
    }
    if (service->health_check_port != 0) {
      health_check_ports_.emplace(service->health_check_port, name);
    }
  }
  for (const auto& [key, route] : change.routes) {
    if (route) {
      routes_.insert_or_assign(key, source);
    } else {
      routes_.erase(key);
    }
  }
}

}  // namespace portico::store
