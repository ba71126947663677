#pragma once

// Theory of operation
//
// What the kernel's routing table and neighbors mean for the gateway: netlink's messages in,
// changes out. No socket, no thread.
//
//   routes      Of one routing table, unicast, both families. Those that leave by a kernel
//               interface of ours become routes out of its port, others are left alone. The
//               kernel may have several for a prefix, of different metrics: the lowest that has a
//               next hop on one of our interfaces counts, by its first such next hop.
//               Routes that were learned from router advertisements or redirects, or that expire,
//               are left alone too: they are anybody's word. Of each family no more than max_routes
//               are the gateway's: those that came first, and of those that came together the
//               lowest; others wait until some go.
//   neighbors   On our interfaces: permanent ones, and those that are being confirmed.
//
// Messages say what changed, a dump says what is there. Some changes come without a message (IPv4
// routes that go with an interface or an address, RTM_NEWLINK tells only of that), and messages may
// be lost: then needs_dump(), and what a dump does not mention is gone at its end. Everything has
// the generation of the dump that mentioned it last.
//
//   begin_dump()  take() ...  end_dump()  take_change()   take() ...  take_change()  ...
//
// Used by one thread.

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/btree_set.h"
#include "absl/container/flat_hash_map.h"
#include "dataplane/kernel/messages.h"
#include "include/portico/gateway_config.h"
#include "include/portico/kernel_change.h"

namespace portico {

class KernelTables {
 public:
  // `ports`: index of a kernel interface -> the name of its port.
  KernelTables(std::map<unsigned, std::string> ports, const KernelMirrorConfig& config)
      : ports_(std::move(ports)), config_(config) {}

  void take(const nlmsghdr& message);

  // Whether only a dump of routes and neighbors tells what there is now.
  bool needs_dump() const { return needs_dump_; }
  void require_dump() { needs_dump_ = true; }
  void begin_dump();
  void end_dump();

  // What has changed for the gateway since the last call.
  KernelChange take_change();
  // How many routes there was no room for.
  std::size_t left_out() const { return left_out_.size(); }

 private:
  struct Entry {
    std::uint32_t metric = 0;
    std::uint32_t generation = 0;
    std::vector<RouteUpdate::Hop> hops;
  };
  using NeighborKey = std::pair<unsigned, IpAddress>;

  void set_route(const RouteUpdate& route);
  void pass_over(const RouteUpdate& route);
  void delete_route(const RouteUpdate& route);
  void set_neighbor(const NeighborUpdate& neighbor);
  void end_permanence(const NeighborKey& key);
  void install(const IpPrefix& prefix, KernelChange& change);
  std::uint32_t& installed_count(const IpPrefix& prefix);
  std::optional<Route> effective(const IpPrefix& prefix) const;

  const std::map<unsigned, std::string> ports_;
  const KernelMirrorConfig config_;
  bool needs_dump_ = true;
  std::uint32_t generation_ = 0;
  absl::flat_hash_map<IpPrefix, std::vector<Entry>> routes_;
  absl::btree_set<IpPrefix> changed_;
  absl::flat_hash_map<IpPrefix, Route> installed_;  // as the gateway was told
  std::uint32_t installed_counts_[2] = {0, 0};      // IPv4, IPv6
  absl::btree_set<IpPrefix> left_out_;              // for want of room
  std::map<NeighborKey, std::uint32_t> permanent_;  // -> generation
  std::vector<KernelNeighbor> neighbors_;           // since the last take_change()
};

}  // namespace portico
