#pragma once

// What can be said of one object without looking at any other.

#include "controlplane/store/gateway_facts.h"
#include "controlplane/store/objects.h"
#include "controlplane/store/violations.h"

namespace portico::store {

// Each adds a violation for every fault. True: the object has none.
bool check(const Service& service, const GatewayFacts& facts, Violations& violations);
bool check(const Endpoint& endpoint, const GatewayFacts& facts, Violations& violations);
bool check(const Route& route, const GatewayFacts& facts, Violations& violations);

}  // namespace portico::store
