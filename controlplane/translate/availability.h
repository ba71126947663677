#pragma once

// Which of the endpoints behind one port of a Service take new connections: CategorizeEndpoints in
// k8s.io/kubernetes/pkg/proxy/topology.go, for a gateway.
//
// kube-proxy speaks of its own node; a gateway usually is none, so no endpoint is local to it.
// Where it stands, it is told.

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "include/portico/ip_address.h"
#include "proto/kubernetes/discovery.pb.h"
#include "proto/portico/v1/objects.pb.h"

namespace portico {

// What the traffic policy Local means.
enum class LocalTraffic {
  // What its users mostly want of it: that endpoints see the client's address. Every endpoint is
  // local.
  kPreserveClientIp,
  // kube-proxy's: endpoints on certain nodes alone.
  kStrict,
};

struct Standpoint {
  LocalTraffic local_traffic = LocalTraffic::kPreserveClientIp;
  // The nodes whose endpoints are local, with kStrict.
  std::set<std::string> local_nodes;
  // For hints by zone; empty: they do not count.
  std::string zone;
};

// One Pod's socket behind one port of the Service.
struct Candidate {
  const kubernetes::Endpoint* endpoint;
  const kubernetes::EndpointSlice* slice;

  // Absent conditions are to be taken for ready, serving and not terminating.
  bool ready() const {
    const auto& conditions = endpoint->conditions();
    return !conditions.has_ready() || conditions.ready();
  }
  bool serving() const {
    const auto& conditions = endpoint->conditions();
    return !conditions.has_serving() || conditions.serving();
  }
  bool terminating() const { return endpoint->conditions().terminating(); }
};

// By address and port on the Pod.
using Candidates = std::map<std::pair<IpAddress, std::uint32_t>, Candidate>;

class Availability {
 public:
  // Both must outlive it.
  Availability(const Candidates& all, const Standpoint& standpoint);

  // Under the policy Cluster. Active: those that are ready, narrowed by hints; if none is ready,
  // those that still serve while they terminate. Draining: what else serves, so keeps the
  // connections that it has (conntrack/cleanup.go). Nothing: what does not serve.
  std::optional<v1::Endpoint::State> cluster_state(const Candidate& candidate) const;

  // Under the policy Local: of the local ones, those that are ready; if none is, those that still
  // serve while they terminate. Hints do not count.
  v1::Endpoint::State local_state(const Candidate& candidate) const;

 private:
  enum class Hints { kNone, kNode, kZone };

  Hints usable_hints(const Candidates& all) const;
  bool is_hinted(const Candidate& candidate, Hints hints) const;
  bool is_local(const Candidate& candidate) const;

  const Standpoint& standpoint_;
  bool any_ready_ = false;
  bool any_local_ready_ = false;
  Hints hints_ = Hints::kNone;
};

}  // namespace portico
