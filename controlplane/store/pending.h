#pragma once

// What a stream has sent since its last Sync.

#include <cstddef>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "controlplane/store/object_set.h"
#include "controlplane/store/objects.h"

namespace portico::store {

// Collects Reset, Set and Delete. Of several messages about one object the last one counts.
class Pending {
 public:
  // Forgets what the source has, and what has been collected.
  void reset();

  void set(Service service);
  void set(Endpoint endpoint);
  void set(Route route);

  void erase_service(const std::string& name);
  void erase_endpoint(const std::string& service, const std::string& name);
  void erase_route(const std::string& prefix);

  // How many objects are collected, deletions included.
  std::size_t size() const { return services_.size() + endpoints_.size() + routes_.size(); }

  // What really changes for a source that has `present`: an object that is set again as it is, or
  // deleted though it isn't there, is no change. The cost follows what was collected, and with
  // reset() also what the source has.
  ObjectChange change_of(const ObjectSet& present) const;

 private:
  using EndpointKey = std::pair<std::string, std::string>;  // Service, name

  void forget(ObjectChange& change, const ObjectSet& present) const;

  bool reset_ = false;
  // Null: deleted.
  absl::flat_hash_map<std::string, ServicePtr> services_;
  absl::flat_hash_map<EndpointKey, EndpointPtr> endpoints_;
  absl::flat_hash_map<std::string, RoutePtr> routes_;  // by route_key()
};

}  // namespace portico::store
