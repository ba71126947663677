#pragma once

// What can be said of one object without looking at any other.

#include "absl/container/flat_hash_set.h"
#include "controlplane/store/objects.h"
#include "controlplane/store/violations.h"
#include "include/portico/ip_address.h"

namespace portico::store {

// The addresses that the gateway itself has on its ports and in its SNAT pool.
using GatewayAddresses = absl::flat_hash_set<IpAddress>;

// Each adds a violation for every fault. True: the object has none.
bool check(const Service& service, const GatewayAddresses& own, Violations& violations);
bool check(const Endpoint& endpoint, const GatewayAddresses& own, Violations& violations);
bool check(const Route& route, const GatewayAddresses& own, Violations& violations);

}  // namespace portico::store
