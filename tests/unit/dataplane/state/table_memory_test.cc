#include "dataplane/state/table_memory.h"

#include <gtest/gtest.h>
#include <rte_malloc.h>

#include "dataplane/state/connection_table.h"
#include "dataplane/state/local_addresses.h"
#include "dataplane/state/neighbor_table.h"
#include "dataplane/state/route_table.h"
#include "dataplane/state/service_table.h"

namespace portico {
namespace {

std::size_t allocated() {
  rte_malloc_socket_stats stats{};
  rte_malloc_get_socket_stats(0, &stats);
  return stats.heap_allocsz_bytes;
}

template <typename Address>
struct Tables {
  explicit Tables(const CapacityConfig& c)
      : services(c.frontends),
        locals(c.frontends),
        routes(c.routes),
        connections(c.connections, timeout_ticks({}), kAnySocket) {}

  ServiceTable<Address> services;
  LocalAddresses<Address> locals;
  RouteTable<Address> routes;
  ConnectionTable<Address> connections;
};

// The bound holds against what DPDK says that the tables really took, and is no wild guess.
TEST(TableMemory, BoundsWhatTheTablesTake) {
  for (const std::uint32_t unit : {1000U, 10'000U}) {
    const CapacityConfig capacity{.connections = 8 * unit,
                                  .frontends = 4 * unit,
                                  .endpoints = unit,
                                  .routes = unit,
                                  .neighbors = unit};
    const std::size_t before = allocated();
    const Tables<Ipv4Address> v4(capacity);
    const Tables<Ipv6Address> v6(capacity);
    const NeighborTable neighbors(capacity.neighbors);
    const std::size_t taken = allocated() - before;
    EXPECT_LE(taken, table_memory(capacity, 1)) << unit;
    EXPECT_GE(taken, table_memory(capacity, 1) * 3 / 4) << unit;
  }
}

}  // namespace
}  // namespace portico
