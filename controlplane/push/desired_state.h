#pragma once

// What a controller wants a gateway to have: all of it.

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "controlplane/push/shared_map.h"
#include "proto/portico/v1/objects.pb.h"

namespace portico {

// A Service with its endpoints: what changes together. Immutable, as all within it.
struct ServiceState {
  std::shared_ptr<const v1::Service> service;
  std::vector<std::shared_ptr<const v1::Endpoint>> endpoints;  // by name, each name once
};

// Cheap to copy and to change: copies share what they have in common (shared_map.h).
class DesiredState {
 public:
  // By Service.name and by Route.prefix.
  const SharedMap<ServiceState>& services() const { return services_; }
  const SharedMap<v1::Route>& routes() const { return routes_; }
  std::size_t endpoint_count() const { return endpoint_count_; }

  // In place of the one with the same key, if there is one.
  void set(std::shared_ptr<const ServiceState> service);
  void set(std::shared_ptr<const v1::Route> route);
  void erase_service(const std::string& name);
  void erase_route(const std::string& prefix) { routes_.erase(prefix); }

  // Whether nothing has been changed since the one was copied from the other.
  bool is(const DesiredState& other) const {
    return services_.is(other.services_) && routes_.is(other.routes_);
  }

 private:
  SharedMap<ServiceState> services_;
  SharedMap<v1::Route> routes_;
  std::size_t endpoint_count_ = 0;
};

// Whether two messages are alike. Those of the API have no map fields, so equal ones are encoded
// alike.
template <typename Message>
bool same(const Message& a, const Message& b) {
  return &a == &b || a.SerializeAsString() == b.SerializeAsString();
}

}  // namespace portico
