#include "dataplane/kernel/kernel_tables.h"

#include <linux/rtnetlink.h>

#include <algorithm>

namespace portico {

void KernelTables::take(const nlmsghdr& message) {
  switch (message.nlmsg_type) {
    case RTM_NEWROUTE:
    case RTM_DELROUTE: {
      const std::optional<RouteUpdate> route = read_route(message);
      if (!config_.routes || !route || route->table != config_.table) return;
      if (route->is_fleeting)
        return message.nlmsg_type == RTM_NEWROUTE ? pass_over(*route) : void();
      message.nlmsg_type == RTM_NEWROUTE ? set_route(*route) : delete_route(*route);
      return;
    }
    case RTM_NEWNEIGH:
    case RTM_DELNEIGH: {
      const std::optional<NeighborUpdate> neighbor = read_neighbor(message);
      if (!config_.neighbors || !neighbor || !ports_.contains(neighbor->interface)) return;
      if (message.nlmsg_type == RTM_NEWNEIGH) return set_neighbor(*neighbor);
      return end_permanence({neighbor->interface, neighbor->address});
    }
    case RTM_NEWLINK:
    case RTM_DELLINK:
    case RTM_DELADDR: {
      const std::optional<unsigned> interface = read_interface(message);
      if (interface && ports_.contains(*interface)) needs_dump_ = true;
      return;
    }
    default:
      return;
  }
}

// Several messages may tell of one route: siblings that were appended. What a dump mentions for the
// first time replaces what was known.
void KernelTables::set_route(const RouteUpdate& route) {
  std::vector<Entry>& entries = routes_[route.prefix];
  auto at = std::find_if(entries.begin(), entries.end(),
                         [&](const Entry& entry) { return entry.metric == route.metric; });
  if (at == entries.end()) at = entries.insert(at, Entry{route.metric, generation_, {}});
  if (route.replaces || at->generation != generation_) at->hops.clear();
  at->generation = generation_;
  for (const RouteUpdate::Hop& hop : route.hops) {
    if (std::find(at->hops.begin(), at->hops.end(), hop) == at->hops.end()) at->hops.push_back(hop);
  }
  changed_.insert(route.prefix);
}

// A fleeting route is none of the gateway's, and what it replaces is gone.
void KernelTables::pass_over(const RouteUpdate& route) {
  const auto found = routes_.find(route.prefix);
  if (!route.replaces || found == routes_.end()) return;
  std::erase_if(found->second, [&](const Entry& entry) { return entry.metric == route.metric; });
  if (found->second.empty()) routes_.erase(found);
  changed_.insert(route.prefix);
}

void KernelTables::delete_route(const RouteUpdate& route) {
  const auto found = routes_.find(route.prefix);
  if (found == routes_.end()) return;
  std::erase_if(found->second, [&](Entry& entry) {
    if (entry.metric != route.metric) return false;
    std::erase_if(entry.hops, [&](const RouteUpdate::Hop& hop) {
      return std::find(route.hops.begin(), route.hops.end(), hop) != route.hops.end();
    });
    // A route whose next hops are dead is told without them.
    return entry.hops.empty() || route.hops.empty();
  });
  if (found->second.empty()) routes_.erase(found);
  changed_.insert(route.prefix);
}

void KernelTables::set_neighbor(const NeighborUpdate& neighbor) {
  const NeighborKey key{neighbor.interface, neighbor.address};
  const bool is_known = neighbor.mac.has_value();
  if (!is_known || !neighbor.permanent) end_permanence(key);
  if (!is_known || !(neighbor.permanent || neighbor.reachable)) return;
  if (neighbor.permanent) permanent_[key] = generation_;
  neighbors_.push_back(
      {ports_.at(neighbor.interface), neighbor.address, *neighbor.mac,
       neighbor.permanent ? KernelNeighbor::State::kPermanent : KernelNeighbor::State::kReachable});
}

void KernelTables::end_permanence(const NeighborKey& key) {
  if (permanent_.erase(key) == 0) return;
  neighbors_.push_back(
      {ports_.at(key.first), key.second, MacAddress(), KernelNeighbor::State::kGone});
}

void KernelTables::begin_dump() {
  needs_dump_ = false;
  ++generation_;
}

void KernelTables::end_dump() {
  for (auto at = routes_.begin(); at != routes_.end();) {
    std::vector<Entry>& entries = at->second;
    const std::size_t gone = std::erase_if(
        entries, [this](const Entry& entry) { return entry.generation != generation_; });
    if (gone > 0) changed_.insert(at->first);
    const auto passed = at++;
    if (entries.empty()) routes_.erase(passed);
  }
  std::vector<NeighborKey> gone;
  for (const auto& [key, generation] : permanent_) {
    if (generation != generation_) gone.push_back(key);
  }
  for (const NeighborKey& key : gone) end_permanence(key);
}

// The one of the lowest metric, with those of its next hops that are on the gateway's ports.
std::optional<Route> KernelTables::effective(const IpPrefix& prefix) const {
  const auto found = routes_.find(prefix);
  if (found == routes_.end()) return std::nullopt;
  const auto is_ours = [this](const auto& hop) { return ports_.contains(hop.interface); };
  const Entry* best = nullptr;
  for (const Entry& entry : found->second) {
    if (best != nullptr && best->metric <= entry.metric) continue;
    if (std::any_of(entry.hops.begin(), entry.hops.end(), is_ours)) best = &entry;
  }
  if (best == nullptr) return std::nullopt;
  std::vector<RouteHop> ways;
  for (const RouteUpdate::Hop& hop : best->hops) {
    if (!is_ours(hop)) continue;
    const std::string& port = ports_.at(hop.interface);
    if (!hop.gateway) return Route{prefix, std::nullopt, port};  // on the link: there is one way
    const bool is_known = std::any_of(
        ways.begin(), ways.end(), [&](const RouteHop& way) { return way.gateway == *hop.gateway; });
    if (!is_known && ways.size() < kMaxNextHops) ways.push_back({*hop.gateway, port});
  }
  if (ways.size() == 1) return Route{prefix, ways[0].gateway, ways[0].port};
  return Route{prefix, std::nullopt, std::nullopt, std::move(ways)};
}

// What goes makes room for what comes.
KernelChange KernelTables::take_change() {
  KernelChange change;
  change.neighbors = std::exchange(neighbors_, {});
  absl::btree_set<IpPrefix> there;
  for (const IpPrefix& prefix : std::exchange(changed_, {})) {
    left_out_.erase(prefix);
    if (effective(prefix)) {
      there.insert(prefix);
    } else if (installed_.erase(prefix) > 0) {
      --installed_count(prefix);
      change.deleted_routes.push_back(prefix);
    }
  }
  for (const IpPrefix& prefix : there) install(prefix, change);
  if (left_out_.empty() || change.deleted_routes.empty()) return change;
  for (const IpPrefix& prefix : std::exchange(left_out_, {})) install(prefix, change);
  return change;
}

// Requires that there is one.
void KernelTables::install(const IpPrefix& prefix, KernelChange& change) {
  const auto before = installed_.find(prefix);
  Route now = *effective(prefix);
  if (before == installed_.end()) {
    if (installed_count(prefix) >= config_.max_routes) {
      left_out_.insert(prefix);
      return;
    }
    ++installed_count(prefix);
  } else if (before->second == now) {
    return;
  }
  installed_.insert_or_assign(prefix, now);
  change.set_routes.push_back(std::move(now));
}

std::uint32_t& KernelTables::installed_count(const IpPrefix& prefix) {
  return installed_counts_[prefix.family() == Family::kIpv6];
}

}  // namespace portico
