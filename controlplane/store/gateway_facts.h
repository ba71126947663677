#pragma once

#include "absl/container/flat_hash_set.h"
#include "include/portico/gateway_config.h"
#include "include/portico/ip_address.h"

namespace portico::store {

// What the configuration says of the gateway that bears on what controllers may push.
struct GatewayFacts {
  // Those that the gateway itself has on its ports and in its SNAT pool.
  absl::flat_hash_set<IpAddress> addresses;
  NodePortConfig node_ports;
};

}  // namespace portico::store
