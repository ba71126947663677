#pragma once

// The objects that controllers push, as plain values: what proto/portico/v1/objects.proto says, no
// more and no less. Nothing in here has been checked: an address is the text that was sent, a port
// any number. validate.h says what is wrong with an object, expand.h makes tables of good ones.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "include/portico/protocol.h"
#include "include/portico/tables.h"

namespace portico::store {

// An absent optional of an enumeration stands for a number that the API does not know, which is
// refused; where the API has a default, it has been filled in already.

struct ServiceAddress {
  std::string address;  // empty: the gateway's node-port addresses
  std::optional<FrontendKind> kind = FrontendKind::kClusterIp;
  std::optional<TrafficPolicy> traffic_policy = TrafficPolicy::kCluster;
  std::optional<SourceAddress> source_address = SourceAddress::kMasquerade;  // default: Service's
  std::vector<std::string> source_ranges{};

  friend bool operator==(const ServiceAddress&, const ServiceAddress&) = default;
};

// A port that clients connect to.
struct Port {
  std::string name;
  std::optional<Protocol> protocol;
  std::uint32_t port = 0;
  std::uint32_t node_port = 0;  // 0: none

  friend bool operator==(const Port&, const Port&) = default;
};

struct Service {
  std::string name;  // "namespace/name"
  std::vector<ServiceAddress> addresses;
  std::vector<Port> ports;
  std::optional<Selection> selection = Selection::kRandom;
  std::optional<SourceAddress> source_address = SourceAddress::kMasquerade;
  std::optional<absl::Duration> client_affinity;  // absent: none
  std::uint32_t maglev_table_size = 0;            // 0: by the number of endpoints
  std::uint32_t health_check_port = 0;            // 0: none

  friend bool operator==(const Service&, const Service&) = default;
};

// Where an endpoint serves the Service's port of the same name.
struct EndpointPort {
  std::string name;
  std::uint32_t port = 0;

  friend bool operator==(const EndpointPort&, const EndpointPort&) = default;
};

enum class EndpointState : std::uint8_t { kActive, kDraining };

struct Endpoint {
  std::string name;
  std::string service;  // Service::name
  std::string address;
  std::vector<EndpointPort> ports;
  std::string node;
  std::optional<EndpointState> state = EndpointState::kActive;
  std::optional<EndpointState> local_state = EndpointState::kDraining;
  std::uint32_t weight = 1;
  std::uint32_t max_connections = 0;  // 0: no limit
  bool terminating = false;

  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

struct RouteHop {
  std::string gateway;
  std::string port;  // empty: the port that reaches `gateway`

  friend bool operator==(const RouteHop&, const RouteHop&) = default;
};

struct Route {
  std::string prefix;
  std::string gateway;                // empty: the prefix is on the link of `port`
  std::string port;                   // empty: the port that reaches `gateway`
  std::vector<RouteHop> next_hops{};  // equal ones, instead of `gateway` and `port`

  friend bool operator==(const Route&, const Route&) = default;
};

// Objects are immutable once they are in a set, so that sets, changes and snapshots share them.
using ServicePtr = std::shared_ptr<const Service>;
using EndpointPtr = std::shared_ptr<const Endpoint>;
using RoutePtr = std::shared_ptr<const Route>;

// The key of a route: its prefix in the canonical spelling, so that "2001:DB8::/32" and
// "2001:db8::/32" are one; the text itself when it is malformed.
std::string route_key(absl::string_view prefix);

// Which object is meant, over all kinds.
struct ObjectKey {
  enum class Kind : std::uint8_t { kService, kEndpoint, kRoute };

  Kind kind = Kind::kService;
  std::string service;  // of an endpoint; empty otherwise
  std::string name;     // a Service's or endpoint's name, a route's prefix

  // How violations and logs call it: "service default/web", "endpoint default/web/uid-1",
  // "route 10.0.0.0/8".
  std::string to_string() const;

  friend bool operator==(const ObjectKey&, const ObjectKey&) = default;
};

ObjectKey key_of(const Service& service);
ObjectKey key_of(const Endpoint& endpoint);
ObjectKey key_of(const Route& route);

}  // namespace portico::store
