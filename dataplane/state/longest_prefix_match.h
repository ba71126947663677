#pragma once

// Theory of operation
//
// Longest-prefix match from addresses to small integers below kMaxValues, with lock-free readers:
// the one place where the two families' routes differ, because DPDK's two tables do.
//
// rte_lpm (IPv4) is a flat table over the first 24 bits of the address; where a longer prefix needs
// it, an entry leads to a group of 256 entries for the last 8. Each change is a series of stores,
// each of which leaves every lookup right. Only a group that nobody needs any more must not be used
// again while a reader may be in it. rte_lpm asks an rte_rcu_qsbr about that: it gets one with a
// single thread in it, which is quiescent when release() is called.
//
// rte_lpm6 has a first level of 24 bits and up to 13 further ones of 8, fills levels that readers
// can reach, and uses freed groups again at once: it can't be changed while it is read. There are
// two of them. Readers use one; the writer changes the other, publish() swaps the two with one
// store, and release(), when no reader is left in the old one, makes the same changes there. So a
// change costs twice its work, in place of a new table of 64 MiB.
//
// Memory: 64 MiB for each first level, that is, 64 MiB in IPv4 and 128 MiB in IPv6. 1 KiB for each
// group, of which IPv4 has two for a route (one may wait for release()), so that groups never run
// out. IPv6 has 4 for a route: enough for Pod networks and hosts that share their first 48 bits,
// but a table full of long prefixes that share nothing would need 13, and is refused.
//
// find()      workers, at any time
// all others  the control thread, in the order that RouteTable documents

#include <atomic>
#include <cstdint>
#include <vector>

#include "include/portico/ip_address.h"

struct rte_lpm;
struct rte_lpm6;
struct rte_rcu_qsbr;

namespace portico {

inline constexpr std::uint32_t kMaxValues = 1 << 21;  // as many as rte_lpm6 can tell apart

template <typename Address>
class LongestPrefixMatch;

template <>
class LongestPrefixMatch<Ipv4Address> {
 public:
  explicit LongestPrefixMatch(std::uint32_t capacity);  // throws std::bad_alloc
  ~LongestPrefixMatch();
  LongestPrefixMatch(const LongestPrefixMatch&) = delete;
  LongestPrefixMatch& operator=(const LongestPrefixMatch&) = delete;

  bool find(const Ipv4Address& address, std::uint32_t& value) const noexcept;

  // Prefixes are not empty. set() returns false, and has changed nothing, when there is no room.
  bool set(const IpPrefix& prefix, std::uint32_t value);
  void erase(const IpPrefix& prefix);
  void publish() {}
  void release();

 private:
  void destroy();

  rte_lpm* lpm_ = nullptr;
  rte_rcu_qsbr* readers_ = nullptr;  // one thread, which stands for all workers
};

template <>
class LongestPrefixMatch<Ipv6Address> {
 public:
  explicit LongestPrefixMatch(std::uint32_t capacity);  // throws std::bad_alloc
  ~LongestPrefixMatch();
  LongestPrefixMatch(const LongestPrefixMatch&) = delete;
  LongestPrefixMatch& operator=(const LongestPrefixMatch&) = delete;

  bool find(const Ipv6Address& address, std::uint32_t& value) const noexcept;

  bool set(const IpPrefix& prefix, std::uint32_t value);
  void erase(const IpPrefix& prefix);
  void publish();
  void release();

 private:
  struct Change {
    IpPrefix prefix;
    std::uint32_t value;  // kErase: the prefix goes
  };
  static constexpr std::uint32_t kErase = 0xffffffff;

  static bool apply(rte_lpm6* table, const Change& change);

  std::atomic<rte_lpm6*> current_;  // writer: publish(); readers: workers
  rte_lpm6* beside_;                // the control thread's alone, but between publish and release
  std::vector<Change> changes_;     // made to beside_, and after publish() to current_, alone
  bool published_ = false;          // publish() was called and release() was not
};

}  // namespace portico
