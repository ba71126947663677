#pragma once

// Theory of operation
//
// Routes of one family: DPDK's longest-prefix match (state/longest_prefix_match.h) gives an index,
// and the index a next hop in an array. Next hops are shared: ten thousand routes via three nodes
// take three places, in one or two cache lines. The default route, which rte_lpm does not know, is
// a word of its own.
//
// A change has four steps, and covers any number of routes:
//
//   set() / erase() ...  publish()  rcu.synchronize()  release()
//
// A worker sees each route either as it was or as it is. In IPv4 it may see some changes before
// publish(), since rte_lpm is changed in place; in IPv6 all appear with publish().
//
// A next hop that no route uses any more keeps its place until release(), since a worker may have
// looked up its index and not yet read it.
//
// hops_            written by the control thread before an index to it is published; read by
// workers default_         an index, written by the control thread, read by workers; atomic rules_,
// indexes_ and the lists of places: the control thread's alone

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "include/portico/ip_address.h"
#include "include/portico/strong_id.h"

namespace portico {

// Where a packet goes next. `on_link`: to its destination itself; else to `gateway`.
template <typename Address>
struct NextHop {
  PortId port;
  bool on_link = false;
  Address gateway;

  friend bool operator==(const NextHop&, const NextHop&) = default;
  template <typename H>
  friend H AbslHashValue(H state, const NextHop& hop) {
    return H::combine(std::move(state), hop.port, hop.on_link, hop.gateway);
  }
};

template <typename Address>
class LongestPrefixMatch;

template <typename Address>
class RouteTable {
 public:
  // Throws std::bad_alloc.
  explicit RouteTable(std::uint32_t capacity);
  ~RouteTable();

  // Workers. Null when no route holds the address.
  const NextHop<Address>* find(const Address& destination) const noexcept;

  // Control thread: any number of set() and erase(), then publish(), then a grace period, then
  // release(), before the next set() or erase(). `prefix` is of this table's family.
  //
  // ResourceExhausted when the table, or the array of next hops, is full; nothing has changed then.
  absl::Status set(const IpPrefix& prefix, const NextHop<Address>& hop);
  void erase(const IpPrefix& prefix);
  void publish();
  void release();  // when every worker has passed publish()

  std::uint32_t size() const noexcept { return size_.load(std::memory_order_relaxed); }
  std::uint32_t capacity() const noexcept { return capacity_; }

 private:
  static constexpr std::uint32_t kNone = 0xffffffff;
  struct HopUse {
    std::uint32_t index = kNone;
    std::uint32_t routes = 0;
    bool waiting = false;  // in waiting_
  };

  absl::Status set_rule(const IpPrefix& prefix, std::uint32_t hop);
  void erase_rule(const IpPrefix& prefix);
  HopUse* use_hop(const NextHop<Address>& hop);
  void leave_hop(std::uint32_t index);

  const std::uint32_t capacity_;
  const std::unique_ptr<LongestPrefixMatch<Address>> match_;
  const std::unique_ptr<NextHop<Address>[]> hops_;
  std::atomic<std::uint32_t> default_ = kNone;
  std::atomic<std::uint32_t> size_ = 0;
  absl::flat_hash_map<IpPrefix, std::uint32_t> rules_;  // to an index into hops_
  absl::flat_hash_map<NextHop<Address>, HopUse> indexes_;
  std::vector<std::uint32_t> free_;     // places in hops_
  std::vector<std::uint32_t> waiting_;  // places that no route has used since the last release()
};

}  // namespace portico
