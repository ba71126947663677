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

 private:
  struct Candidates {
    std::array<std::optional<Route>, 4> by_origin;  // in the order of Origin

    const Route* effective() const;
  };

  absl::StatusOr<PortId> port_of(const Route& route) const;
  absl::Status install(const IpPrefix& prefix, const Route* route);
  template <typename Address>
  absl::Status install(const IpPrefix& prefix, const Route* route);

  SharedTables& shared_;
  std::map<IpPrefix, Candidates> routes_;
};

}  // namespace portico
