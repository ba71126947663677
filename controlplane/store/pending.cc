#include "controlplane/store/pending.h"

namespace portico::store {
namespace {

template <typename Ptr>
bool differs(const Ptr& wanted, const Ptr& present) {
  if (!wanted || !present) return wanted != present;
  return *wanted != *present;
}

}  // namespace

void Pending::reset() {
  reset_ = true;
  services_.clear();
  endpoints_.clear();
  routes_.clear();
}

void Pending::set(Service service) {
  std::string key = service.name;
  services_[std::move(key)] = std::make_shared<const Service>(std::move(service));
}

void Pending::set(Endpoint endpoint) {
  EndpointKey key{endpoint.service, endpoint.name};
  endpoints_[std::move(key)] = std::make_shared<const Endpoint>(std::move(endpoint));
}

void Pending::set(Route route) {
  std::string key = route_key(route.prefix);
  routes_[std::move(key)] = std::make_shared<const Route>(std::move(route));
}

void Pending::erase_service(const std::string& name) {
  services_[name] = nullptr;
}

void Pending::erase_endpoint(const std::string& service, const std::string& name) {
  endpoints_[EndpointKey(service, name)] = nullptr;
}

void Pending::erase_route(const std::string& prefix) {
  routes_[route_key(prefix)] = nullptr;
}

ObjectChange Pending::change_of(const ObjectSet& present) const {
  ObjectChange change;
  for (const auto& [name, service] : services_) {
    if (differs(service, present.service(name))) change.services[name] = service;
  }
  for (const auto& [key, endpoint] : endpoints_) {
    if (differs(endpoint, present.endpoint(key.first, key.second))) {
      change.endpoints[key.first][key.second] = endpoint;
    }
  }
  for (const auto& [key, route] : routes_) {
    if (differs(route, present.route(key))) change.routes[key] = route;
  }
  if (reset_) forget(change, present);
  return change;
}

void Pending::forget(ObjectChange& change, const ObjectSet& present) const {
  for (const auto& [name, service] : present.services) {
    if (!services_.contains(name)) change.services[name] = nullptr;
  }
  for (const auto& [service, endpoints] : present.endpoints) {
    for (const auto& [name, endpoint] : endpoints) {
      if (!endpoints_.contains(EndpointKey(service, name))) {
        change.endpoints[service][name] = nullptr;
      }
    }
  }
  for (const auto& [key, route] : present.routes) {
    if (!routes_.contains(key)) change.routes[key] = nullptr;
  }
}

}  // namespace portico::store
