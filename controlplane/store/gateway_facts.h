#pragma once

#include <cstddef>
#include <limits>

#include "absl/container/flat_hash_set.h"
#include "include/portico/gateway_config.h"
#include "include/portico/ip_address.h"

namespace portico::store {

// What the configuration says of the gateway that bears on what controllers may push.
struct GatewayFacts {
  // The gateway's own, on its ports, in its SNAT pool and for node ports: no Service may have one
  // of them.
  absl::flat_hash_set<IpAddress> addresses;
  NodePortConfig node_ports;
  // The configured routes': whoever has them must go on answering for them.
  absl::flat_hash_set<IpAddress> next_hops{};
  // How many endpoints all sources together may have, those of Services that are not there too.
  std::size_t most_endpoints = std::numeric_limits<std::size_t>::max();
};

}  // namespace portico::store
