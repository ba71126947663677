#pragma once

// Theory of operation. The control plane's hand on the shared tables. It knows what runs, applies a
// TableChange to it, waits once until every worker has passed, and only then frees what it
// replaced:
//
//   check      every capacity and every route's way out; nothing is touched when something is wrong
//   publish    new entries first, all of them, each by one store into the rte_hash; then removals:
//              a frontend that moves from one Service port to another is never absent
//   wait       Rcu::synchronize()
//   release    replaced entries, removed keys, endpoint slots
//
// An endpoint keeps its slot, and so its connections and counters, as long as its Service port has
// one with the same identity, address and port.
//
// Not thread-safe; Gateway holds a mutex around each call.

#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "dataplane/runtime/route_writer.h"
#include "dataplane/runtime/service_entries.h"
#include "dataplane/runtime/shared_tables.h"
#include "dataplane/state/random_seed.h"
#include "include/portico/tables.h"

namespace portico {

class TableWriter {
 public:
  TableWriter(SharedTables& shared, const CapacityConfig& capacity);
  ~TableWriter();

  // Puts the gateway's own addresses, connected and configured routes into the tables.
  absl::Status install(const GatewayConfig& config);

  // See DataPlane::apply(). `on_new_endpoint` is called for each endpoint that gets a slot, before
  // any worker sees it.
  absl::Status apply(const TableChange& change,
                     const std::function<void(EndpointRef)>& on_new_endpoint);

  // Routes that the kernel has and has no more, beside all others. ResourceExhausted when there was
  // no room for some; the others are there.
  absl::Status mirror(const std::vector<Route>& set, const std::vector<IpPrefix>& deleted);

  // Null when there is no Service port of that id.
  const std::vector<InstalledEndpoint>* endpoints(const std::string& service_port_id) const;
  // The Service port that the slot's tenant belongs to; empty when the endpoint is gone.
  std::string service_port_of(EndpointRef ref) const;
  std::vector<RouteInfo> routes() const { return routes_.list(); }
  std::vector<RouteWriter::Hop> shared_hops() const { return routes_.shared_hops(); }

 private:
  struct FrontendKey {
    IpAddress address;
    L4Port port;
    Protocol protocol;

    friend bool operator==(const FrontendKey&, const FrontendKey&) = default;
    template <typename H>
    friend H AbslHashValue(H state, const FrontendKey& key) {
      return H::combine(std::move(state), key.address, key.port, key.protocol);
    }
  };
  // A Service port that runs. Exactly one of the entries is there.
  struct Installed {
    ServicePort spec;
    std::uint64_t number = 0;  // ServicePortEntry::number
    std::vector<InstalledEndpoint> endpoints;
    std::unique_ptr<ServiceEntries<Ipv4Address>> v4;
    std::unique_ptr<ServiceEntries<Ipv6Address>> v6;
  };

  absl::Status check(const TableChange& change) const;
  absl::Status check_frontends(const TableChange& change) const;
  absl::Status check_endpoints(const TableChange& change) const;
  void set(const ServicePort& port, const std::function<void(EndpointRef)>& on_new_endpoint);
  void erase(const std::string& id);
  void retire(std::unique_ptr<Installed> installed, const Installed* successor);
  std::vector<InstalledEndpoint> place_endpoints(
      const ServicePort& port, const Installed* predecessor,
      const std::function<void(EndpointRef)>& on_new_endpoint);
  template <typename Address>
  std::unique_ptr<ServiceEntries<Address>> make_entries(const Installed& installed);
  template <typename Address>
  void publish(const Installed& installed, const ServiceEntries<Address>& entries);
  template <typename Address>
  void withdraw(const Frontend& frontend, const ServicePort& port, bool stays);
  void release();

  SharedTables& shared_;
  RouteWriter routes_;
  absl::flat_hash_map<std::string, std::unique_ptr<Installed>> service_ports_;
  absl::flat_hash_map<FrontendKey, std::string> frontends_;  // -> ServicePort::id
  std::vector<std::string> slots_;                           // slot -> ServicePort::id
  std::uint64_t next_number_ = 1;                            // ServicePortEntry::number
  std::mt19937_64 random_{random_seed()};
  std::vector<std::unique_ptr<Installed>> replaced_;  // until all new ones are published
  std::vector<std::unique_ptr<Installed>> retired_;   // until workers have passed
};

}  // namespace portico
