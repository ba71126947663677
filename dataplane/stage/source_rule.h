#pragma once

#include "dataplane/net/ip.h"
#include "dataplane/stage/context.h"

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

// Whether a packet comes from a Pod, or whatever else is in the cluster CIDRs. At a port that leads
// to no endpoint nobody is believed to be one: who pretends to, or comes by a detour, is
// masqueraded as anybody else (RFC 3704).
template <typename Address>
bool is_from_cluster(const Packet& packet, const StageContext& context) noexcept {
  return context.port(packet.in_port).downlink &&
         context.tables<Address>().masquerade.cluster.contains(source_of<Address>(packet));
}

// kube-proxy's short circuit: what a Pod sends to an external address under the Local policy is
// treated as if it had gone up and out to an external load balancer and come back in: by the
// Cluster policy, and with the Pod's address (pkg/proxy/iptables/proxier.go, "pod traffic for ...
// external destinations").
template <typename Address>
bool is_pod_traffic(const ServiceEntry<Address>& service, bool from_cluster) noexcept {
  return service.kind != FrontendKind::kClusterIp && service.policy == TrafficPolicy::kLocal &&
         from_cluster;
}

template <typename Address>
SourceRule source_rule(const ServiceEntry<Address>& service, const Packet& packet,
                       const Address& endpoint, const StageContext& context) noexcept {
  if (context.tables<Address>().masquerade.all) return SourceRule::kMasqueradeAll;
  if (source_of<Address>(packet) == endpoint) return SourceRule::kHairpin;
  const bool from_cluster = is_from_cluster<Address>(packet, context);
  if (is_pod_traffic(service, from_cluster)) return SourceRule::kPodTraffic;
  switch (service.source_address) {
    case SourceAddress::kMasquerade:
      return SourceRule::kMasquerade;
    case SourceAddress::kPreserve:
      return SourceRule::kPreserve;
    case SourceAddress::kMasqueradeOffCluster:
      break;
  }
  return from_cluster ? SourceRule::kInCluster : SourceRule::kOffCluster;
}

}  // namespace portico
