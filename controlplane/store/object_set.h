#pragma once

// What one source has: its Services, endpoints and routes by their keys.

#include <cstddef>
#include <string>

#include "absl/container/btree_map.h"
#include "absl/container/flat_hash_map.h"
#include "controlplane/store/objects.h"

namespace portico::store {

using Endpoints = absl::btree_map<std::string, EndpointPtr>;  // by Endpoint::name

struct ObjectSet {
  absl::btree_map<std::string, ServicePtr> services;  // by name
  // By Service, also of Services that are not there: those endpoints are held until it comes. No
  // group is empty.
  absl::flat_hash_map<std::string, Endpoints> endpoints;
  absl::btree_map<std::string, RoutePtr> routes;  // by route_key()
  std::size_t endpoint_count = 0;

  // Null when it isn't there.
  ServicePtr service(const std::string& name) const;
  EndpointPtr endpoint(const std::string& service, const std::string& name) const;
  RoutePtr route(const std::string& key) const;
  // Empty when there is none.
  const Endpoints& endpoints_of(const std::string& service) const;
};

// What differs between a set and the one that is wanted. A null object is one that goes.
struct ObjectChange {
  absl::btree_map<std::string, ServicePtr> services;
  absl::btree_map<std::string, Endpoints> endpoints;
  absl::btree_map<std::string, RoutePtr> routes;

  bool empty() const { return services.empty() && endpoints.empty() && routes.empty(); }
};

// A set as it would be after a change, without making it: what `change` names is taken from there,
// everything else from `present`.
class Candidate {
 public:
  Candidate(const ObjectSet& present, const ObjectChange& change)
      : present_(present), change_(change) {}

  ServicePtr service(const std::string& name) const;
  // All endpoints of a Service, sorted by name.
  Endpoints endpoints_of(const std::string& service) const;

 private:
  const ObjectSet& present_;
  const ObjectChange& change_;
};

// Makes the change.
void apply(const ObjectChange& change, ObjectSet& set);

}  // namespace portico::store
