#pragma once

// Whether an address is in one of some prefixes: source ranges of a Service, the cluster's CIDRs.
//
// Prefixes that overlap become one range; the ranges are disjoint and sorted, and a lookup
// is a binary search. There are few of them, mostly one or none, so that a trie would be all
// overhead. Constant once made.

#include <algorithm>
#include <vector>

#include "include/portico/ip_address.h"

namespace portico {

template <typename Address>
class PrefixSet {
 public:
  PrefixSet() = default;  // empty
  // Prefixes of the other family are left out.
  explicit PrefixSet(const std::vector<IpPrefix>& prefixes);

  bool empty() const noexcept { return ranges_.empty(); }
  bool contains(const Address& address) const noexcept {
    const auto behind = std::upper_bound(
        ranges_.begin(), ranges_.end(), address,
        [](const Address& wanted, const Range& range) { return wanted < range.first; });
    return behind != ranges_.begin() && address <= (behind - 1)->last;
  }

 private:
  struct Range {
    Address first;
    Address last;
  };

  std::vector<Range> ranges_;
};

extern template class PrefixSet<Ipv4Address>;
extern template class PrefixSet<Ipv6Address>;

}  // namespace portico
