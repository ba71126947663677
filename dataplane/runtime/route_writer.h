#pragma once

#include <array>
#include <map>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "dataplane/runtime/shared_tables.h"
#include "include/portico/data_plane.h"

namespace portico {

// Routes come from four origins: the subnets of the ports, the configuration file, a controller,
// the kernel's routing table. For the same prefix the first of these that has one counts, and the
// others wait behind it. Not thread-safe.
class RouteWriter {
 public:
  using Origin = RouteInfo::Origin;

  explicit RouteWriter(SharedTables& shared) : shared_(shared) {}

  // InvalidArgument when a route has no way out: an unknown port, or a gateway on no port's link.
  absl::Status check(const Route& route) const;
  // Requires check(). ResourceExhausted when the table is full; nothing has changed then.
  absl::Status set(const Route& route, Origin origin);
  void erase(const IpPrefix& prefix, Origin origin);
  bool has(const IpPrefix& prefix) const { return routes_.contains(prefix); }

  // Workers see the changes from publish() on; release() when they have passed it.
  void publish();
  void release();

  std::vector<RouteInfo> list() const;

  // The next hops of the routes that have several: to be known before a packet needs them.
  using Hop = std::pair<PortId, IpAddress>;
  std::vector<Hop> shared_hops() const;

 private:
  struct Candidates {
    std::array<std::optional<Route>, 4> by_origin;  // in the order of Origin

    const Route* effective() const;
  };

  absl::StatusOr<PortId> port_of(const IpPrefix& prefix, const std::optional<IpAddress>& gateway,
                                 const std::optional<std::string>& port) const;
  absl::StatusOr<std::vector<Hop>> hops_of(const Route& route) const;  // of ECMP
  absl::StatusOr<std::vector<PortId>> ports_of(const Route& route) const;
  void count_shared_hops(const Route* route, int difference);
  absl::Status install(const IpPrefix& prefix, const Route* route);
  template <typename Address>
  absl::Status install(const IpPrefix& prefix, const Route* route);

  SharedTables& shared_;
  std::map<IpPrefix, Candidates> routes_;
  std::map<Hop, int> shared_hops_;  // -> routes that have it
};

}  // namespace portico
