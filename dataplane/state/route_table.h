#pragma once

// Theory of operation
//
// Routes of one family: DPDK's longest-prefix match (state/longest_prefix_match.h) gives an index,
// and the index a place in an array: the next hop, or all of a route that has several (ECMP).
// Places are shared: ten thousand routes via three nodes take three, in a few cache lines. The
// default route, which rte_lpm does not know, is a word of its own.
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
// hops_     written by the control thread before an index to it is published; read by workers
// default_  an index, written by the control thread, read by workers; atomic
// rules_, indexes_ and the lists of places: the control thread's alone

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/hash/hash.h"
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

// All of a route's: the first one and its equals (ECMP), sorted by port and address.
template <typename Address>
struct NextHops : NextHop<Address> {
  NextHops() = default;
  NextHops(const NextHop<Address>& only) : NextHop<Address>(only) {}  // NOLINT: the usual case

  std::vector<NextHop<Address>> others;

  std::size_t size() const noexcept { return 1 + others.size(); }
  const NextHop<Address>& operator[](std::size_t i) const noexcept {
    return i == 0 ? *this : others[i - 1];
  }
  bool is_same(const NextHops& other) const noexcept {
    return static_cast<const NextHop<Address>&>(*this) == other && others == other.others;
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
  const NextHops<Address>* find(const Address& destination) const noexcept;

  // How often routes have changed. Who sees a number finds the routes as they are since then.
  std::uint32_t changes() const noexcept { return changes_.load(std::memory_order_acquire); }

  // Control thread: any number of set() and erase(), then publish(), then a grace period, then
  // release(), before the next set() or erase(). `prefix` is of this table's family.
  //
  // ResourceExhausted when the table, or the array of next hops, is full; nothing has changed then.
  absl::Status set(const IpPrefix& prefix, const NextHops<Address>& hops);
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

  struct HashOfHops {
    std::size_t operator()(const NextHops<Address>& hops) const {
      return absl::HashOf(static_cast<const NextHop<Address>&>(hops), hops.others);
    }
  };
  struct SameHops {
    bool operator()(const NextHops<Address>& a, const NextHops<Address>& b) const {
      return a.is_same(b);
    }
  };

  absl::Status set_rule(const IpPrefix& prefix, std::uint32_t hop);
  void erase_rule(const IpPrefix& prefix);
  HopUse* use_hops(const NextHops<Address>& hops);
  void leave_hop(std::uint32_t index);

  const std::uint32_t capacity_;
  const std::unique_ptr<LongestPrefixMatch<Address>> match_;
  const std::unique_ptr<NextHops<Address>[]> hops_;
  std::atomic<std::uint32_t> default_ = kNone;
  std::atomic<std::uint32_t> size_ = 0;
  std::atomic<std::uint32_t> changes_ = 0;
  bool changed_ = false;                                // since the last publish()
  absl::flat_hash_map<IpPrefix, std::uint32_t> rules_;  // to an index into hops_
  absl::flat_hash_map<NextHops<Address>, HopUse, HashOfHops, SameHops> indexes_;
  std::vector<std::uint32_t> free_;     // places in hops_
  std::vector<std::uint32_t> waiting_;  // places that no route has used since the last release()
};

}  // namespace portico
