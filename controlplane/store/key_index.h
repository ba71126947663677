#pragma once

// Who holds which key, over all sources: what no two sources, and no two Services, may share.

#include <string>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/flat_hash_map.h"
#include "controlplane/store/object_set.h"
#include "include/portico/ip_address.h"
#include "include/portico/protocol.h"

namespace portico::store {

// What belongs to one Service only: a key of the data plane's service table; or, with the
// unspecified address, a port on all the gateway's node-port addresses.
struct FrontendKey {
  IpAddress address;
  L4Port port;
  Protocol protocol = Protocol::kTcp;

  // "10.100.3.59:80/TCP", "30080/TCP on the node-port addresses"
  std::string to_string() const;

  friend bool operator==(const FrontendKey&, const FrontendKey&) = default;
  template <typename H>
  friend H AbslHashValue(H state, const FrontendKey& key) {
    return H::combine(std::move(state), key.address, key.port, key.protocol);
  }
};

// A key and where the Service says it.
struct IndexedFrontend {
  enum class Place : std::uint8_t { kPort, kNodePort, kHealthCheckPort };

  FrontendKey key;
  Place place = Place::kPort;
  std::size_t port_index = 0;

  std::string field() const;  // "ports[1].node_port"
};

// Those of a Service; an address or port that is malformed has none. Where its health is asked is
// one of TCP: it must not be a node port.
std::vector<IndexedFrontend> frontends_of(const Service& service);

class KeyIndex {
 public:
  // The names of all Services, in their order, with the source of each.
  const absl::btree_map<std::string, std::string>& services() const { return services_; }

  // The ports on which Services' health is asked, and the Service of each.
  const absl::btree_map<std::uint16_t, std::string>& health_check_ports() const {
    return health_check_ports_;
  }

  // Null when nobody holds it; otherwise the source, or the Service's name.
  const std::string* source_of_service(const std::string& name) const;
  const std::string* source_of_route(const std::string& key) const;
  const std::string* service_of(const FrontendKey& frontend) const;

  // Follows `change` of `source`, which has `present`. Requires that validate() finds no fault.
  void apply(const std::string& source, const ObjectSet& present, const ObjectChange& change);

 private:
  absl::btree_map<std::string, std::string> services_;
  absl::flat_hash_map<std::string, std::string> routes_;
  absl::flat_hash_map<FrontendKey, std::string> frontends_;
  absl::btree_map<std::uint16_t, std::string> health_check_ports_;
};

}  // namespace portico::store
