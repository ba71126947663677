#include "controlplane/store/object_set.h"

namespace portico::store {
namespace {

template <typename Map>
typename Map::mapped_type find_or_null(const Map& map, const std::string& key) {
  const auto found = map.find(key);
  return found == map.end() ? nullptr : found->second;
}

template <typename Map>
void apply_to(const Map& changes, Map& map) {
  for (const auto& [key, object] : changes) {
    if (object) {
      map.insert_or_assign(key, object);
    } else {
      map.erase(key);
    }
  }
}

}  // namespace

ServicePtr ObjectSet::service(const std::string& name) const {
  return find_or_null(services, name);
}

EndpointPtr ObjectSet::endpoint(const std::string& service, const std::string& name) const {
  return find_or_null(endpoints_of(service), name);
}

RoutePtr ObjectSet::route(const std::string& key) const {
  return find_or_null(routes, key);
}

const Endpoints& ObjectSet::endpoints_of(const std::string& service) const {
  static const Endpoints* const kNone = new Endpoints;
  const auto found = endpoints.find(service);
  return found == endpoints.end() ? *kNone : found->second;
}

ServicePtr Candidate::service(const std::string& name) const {
  const auto changed = change_.services.find(name);
  return changed == change_.services.end() ? present_.service(name) : changed->second;
}

Endpoints Candidate::endpoints_of(const std::string& service) const {
  Endpoints endpoints = present_.endpoints_of(service);
  const auto changed = change_.endpoints.find(service);
  if (changed != change_.endpoints.end()) apply_to(changed->second, endpoints);
  return endpoints;
}

void apply(const ObjectChange& change, ObjectSet& set) {
  apply_to(change.services, set.services);
  apply_to(change.routes, set.routes);
  for (const auto& [service, endpoints] : change.endpoints) {
    Endpoints& group = set.endpoints[service];
    set.endpoint_count -= group.size();
    apply_to(endpoints, group);
    set.endpoint_count += group.size();
    if (group.empty()) set.endpoints.erase(service);
  }
}

}  // namespace portico::store
