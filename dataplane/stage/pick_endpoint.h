#pragma once

#include "dataplane/packet/burst.h"
#include "dataplane/stage/context.h"
#include "dataplane/stage/source_rule.h"

namespace portico {

// The endpoints that may take the client's new connection: those of the frontend's traffic policy,
// or of the Cluster policy for a Pod at an external address (see is_pod_traffic()).
template <typename Address>
const EndpointSet<Address>& endpoints_for(const ServiceEntry<Address>& service,
                                          bool from_cluster) noexcept {
  const bool local =
      service.policy == TrafficPolicy::kLocal && !is_pod_traffic(service, from_cluster);
  return local ? *service.port->local : *service.port->cluster;
}

// Chooses an endpoint for packets that open a connection, as their Service says. Without any, the
// Service's clients are refused; without a local one, under the Local policy, they get no answer,
// as from kube-proxy, so that whoever spreads the load over gateways learns to avoid this one.
template <typename Address>
void pick_endpoint(const Batch& packets, StageContext& context) noexcept;

}  // namespace portico
