#include "controlplane/translate/availability.h"

#include <algorithm>

namespace portico {

Availability::Availability(const Candidates& all, const Standpoint& standpoint)
    : standpoint_(standpoint) {
  for (const auto& [socket, candidate] : all) {
    if (!candidate.ready()) continue;
    any_ready_ = true;
    any_local_ready_ |= is_local(candidate);
  }
  hints_ = usable_hints(all);
}

// topologyModeFromHints: hints count if every ready endpoint has one and one of them is for us.
Availability::Hints Availability::usable_hints(const Candidates& all) const {
  bool all_have_node = true, all_have_zone = true;
  bool any_for_node = false, any_for_zone = false;
  for (const auto& [socket, candidate] : all) {
    if (!candidate.ready()) continue;
    const kubernetes::EndpointHints& hints = candidate.endpoint->hints();
    all_have_node &= !hints.for_nodes().empty();
    all_have_zone &= !hints.for_zones().empty();
    any_for_node |= is_hinted(candidate, Hints::kNode);
    any_for_zone |= is_hinted(candidate, Hints::kZone);
  }
  if (all_have_node && any_for_node) return Hints::kNode;
  if (all_have_zone && any_for_zone) return Hints::kZone;
  return Hints::kNone;
}

bool Availability::is_hinted(const Candidate& candidate, Hints hints) const {
  const kubernetes::EndpointHints& own = candidate.endpoint->hints();
  switch (hints) {
    case Hints::kNode:
      return std::any_of(own.for_nodes().begin(), own.for_nodes().end(), [&](const auto& node) {
        return standpoint_.local_nodes.contains(node.name());
      });
    case Hints::kZone:
      return !standpoint_.zone.empty() &&
             std::any_of(own.for_zones().begin(), own.for_zones().end(),
                         [&](const auto& zone) { return zone.name() == standpoint_.zone; });
    case Hints::kNone:
      break;
  }
  return true;
}

bool Availability::is_local(const Candidate& candidate) const {
  return standpoint_.local_nodes.contains(candidate.endpoint->node_name());
}

std::optional<v1::Endpoint::State> Availability::cluster_state(const Candidate& candidate) const {
  if (candidate.ready()) {
    return is_hinted(candidate, hints_) ? v1::Endpoint::STATE_ACTIVE : v1::Endpoint::STATE_DRAINING;
  }
  if (!candidate.serving()) return std::nullopt;
  const bool is_last_resort = candidate.terminating() && !any_ready_;
  return is_last_resort ? v1::Endpoint::STATE_ACTIVE : v1::Endpoint::STATE_DRAINING;
}

v1::Endpoint::State Availability::local_state(const Candidate& candidate) const {
  if (standpoint_.local_traffic == LocalTraffic::kPreserveClientIp) {
    return cluster_state(candidate).value_or(v1::Endpoint::STATE_DRAINING);
  }
  const bool takes =
      any_local_ready_ ? candidate.ready() : candidate.serving() && candidate.terminating();
  return is_local(candidate) && takes ? v1::Endpoint::STATE_ACTIVE : v1::Endpoint::STATE_DRAINING;
}

}  // namespace portico
