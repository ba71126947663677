#pragma once

#include "dataplane/state/masquerade_rules.h"
#include "dataplane/state/service_table.h"

namespace portico {

// Why an endpoint sees the client's address or one of the gateway's; the first that applies.
enum class SourceRule : std::uint8_t {
  kMasqueradeAll,  // the gateway masquerades everybody
  kHairpin,        // the endpoint reaches itself: it would take its own address for a forgery
  kPodTraffic,     // see is_pod_traffic(): preserved
  kMasquerade,     // the frontend's SourceAddress, from here on
  kPreserve,
  kOffCluster,  // kMasqueradeOffCluster: masqueraded
  kInCluster,   // kMasqueradeOffCluster: preserved
};

constexpr bool masquerades(SourceRule rule) noexcept {
  return rule == SourceRule::kMasqueradeAll || rule == SourceRule::kHairpin ||
         rule == SourceRule::kMasquerade || rule == SourceRule::kOffCluster;
}

// kube-proxy's short circuit: what a Pod sends to an external address under the Local policy is
// treated as if it had gone up and out to an external load balancer and come back in: by the
// Cluster policy, and with the Pod's address (pkg/proxy/iptables/proxier.go, "pod traffic for ...
// external destinations").
template <typename Address>
bool is_pod_traffic(const ServiceEntry<Address>& service, const Address& client,
                    const MasqueradeRules<Address>& rules) noexcept {
  return service.kind != FrontendKind::kClusterIp && service.policy == TrafficPolicy::kLocal &&
         rules.cluster.contains(client);
}

template <typename Address>
SourceRule source_rule(const ServiceEntry<Address>& service, const Address& client,
                       const Address& endpoint, const MasqueradeRules<Address>& rules) noexcept {
  if (rules.all) return SourceRule::kMasqueradeAll;
  if (client == endpoint) return SourceRule::kHairpin;
  if (is_pod_traffic(service, client, rules)) return SourceRule::kPodTraffic;
  switch (service.source_address) {
    case SourceAddress::kMasquerade:
      return SourceRule::kMasquerade;
    case SourceAddress::kPreserve:
      return SourceRule::kPreserve;
    case SourceAddress::kMasqueradeOffCluster:
      break;
  }
  return rules.cluster.contains(client) ? SourceRule::kInCluster : SourceRule::kOffCluster;
}

}  // namespace portico
