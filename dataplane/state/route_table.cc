#include "dataplane/state/route_table.h"

#include <cassert>
#include <new>

#include "absl/strings/str_cat.h"
#include "dataplane/state/longest_prefix_match.h"

namespace portico {

// Twice as many next hops as routes: the ones of removed routes wait for release().
template <typename Address>
RouteTable<Address>::RouteTable(std::uint32_t capacity)
    : capacity_(capacity <= kMaxValues / 2 ? capacity : throw std::bad_alloc()),
      match_(std::make_unique<LongestPrefixMatch<Address>>(capacity)),
      hops_(std::make_unique<NextHops<Address>[]>(2 * std::size_t{capacity})) {
  for (std::uint32_t place = 2 * capacity; place > 0; --place) free_.push_back(place - 1);
}

template <typename Address>
RouteTable<Address>::~RouteTable() = default;

template <typename Address>
const NextHops<Address>* RouteTable<Address>::find(const Address& destination) const noexcept {
  std::uint32_t index;
  if (!match_->find(destination, index)) {
    index = default_.load(std::memory_order_acquire);
    if (index == kNone) return nullptr;
  }
  return &hops_[index];
}

template <typename Address>
absl::Status RouteTable<Address>::set(const IpPrefix& prefix, const NextHops<Address>& hops) {
  assert(prefix.family() == Address::kFamily);
  const auto known = rules_.find(prefix);
  const std::uint32_t before = known == rules_.end() ? kNone : known->second;
  if (before != kNone && hops_[before].is_same(hops)) return absl::OkStatus();
  if (before == kNone && rules_.size() == capacity_) {
    return absl::ResourceExhaustedError(
        absl::StrCat("the route table is full: it has ", capacity_, " routes"));
  }
  HopUse* const use = use_hops(hops);
  if (use == nullptr) return absl::ResourceExhaustedError("the array of next hops is full");
  const std::uint32_t index = use->index;
  if (absl::Status status = set_rule(prefix, index); !status.ok()) {
    leave_hop(index);
    return status;
  }
  changed_ = true;
  rules_[prefix] = index;
  size_.store(static_cast<std::uint32_t>(rules_.size()), std::memory_order_relaxed);
  if (before != kNone) leave_hop(before);
  return absl::OkStatus();
}

template <typename Address>
void RouteTable<Address>::erase(const IpPrefix& prefix) {
  const auto known = rules_.find(prefix);
  if (known == rules_.end()) return;
  erase_rule(prefix);
  changed_ = true;
  leave_hop(known->second);
  rules_.erase(known);
  size_.store(static_cast<std::uint32_t>(rules_.size()), std::memory_order_relaxed);
}

template <typename Address>
void RouteTable<Address>::publish() {
  match_->publish();
  if (std::exchange(changed_, false)) changes_.fetch_add(1, std::memory_order_release);
}

template <typename Address>
void RouteTable<Address>::release() {
  match_->release();
  for (const std::uint32_t place : waiting_) {
    const auto at = indexes_.find(hops_[place]);
    at->second.waiting = false;
    if (at->second.routes > 0) continue;  // it is in use again
    indexes_.erase(at);
    free_.push_back(place);
  }
  waiting_.clear();
}

template <typename Address>
absl::Status RouteTable<Address>::set_rule(const IpPrefix& prefix, std::uint32_t hop) {
  if (prefix.length() == 0) {
    default_.store(hop, std::memory_order_release);
    return absl::OkStatus();
  }
  if (!match_->set(prefix, hop)) {
    return absl::ResourceExhaustedError(
        absl::StrCat("no room for the levels below ", prefix.to_string(), " in the route table"));
  }
  return absl::OkStatus();
}

template <typename Address>
void RouteTable<Address>::erase_rule(const IpPrefix& prefix) {
  if (prefix.length() == 0) {
    default_.store(kNone, std::memory_order_release);
  } else {
    match_->erase(prefix);
  }
}

// Null when there is no place. A next hop is written here, before any index leads to it.
template <typename Address>
typename RouteTable<Address>::HopUse* RouteTable<Address>::use_hops(const NextHops<Address>& hops) {
  HopUse& use = indexes_[hops];
  if (use.index == kNone) {
    if (free_.empty()) {
      indexes_.erase(hops);
      return nullptr;
    }
    use.index = free_.back();
    free_.pop_back();
    hops_[use.index] = hops;
  }
  ++use.routes;
  return &use;
}

template <typename Address>
void RouteTable<Address>::leave_hop(std::uint32_t index) {
  HopUse& use = indexes_.find(hops_[index])->second;
  if (--use.routes > 0 || use.waiting) return;
  use.waiting = true;
  waiting_.push_back(index);
}

template class RouteTable<Ipv4Address>;
template class RouteTable<Ipv6Address>;

}  // namespace portico
