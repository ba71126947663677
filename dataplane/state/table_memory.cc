#include "dataplane/state/table_memory.h"

namespace portico {
namespace {

constexpr std::size_t kMebibyte = std::size_t{1} << 20;

// Each number follows from the table's own theory of operation.
constexpr std::size_t kConnection = 98 + 162;                      // state/connection_table.h
constexpr std::size_t kHashKey = 2 * (16 + 48);                    // state/hash_table.h
constexpr std::size_t kFirstLevels = 3 * 64 * kMebibyte;           // state/longest_prefix_match.h
constexpr std::size_t kRoute = (2 + 2 * 4) * 1024 + 3 * kHashKey;  // the same, both families
// Rings, grace periods, and what rte_hash and rte_lpm take regardless of their size.
constexpr std::size_t kFixed = 16 * kMebibyte;

}  // namespace

std::size_t table_memory(const CapacityConfig& capacity, std::uint16_t workers) {
  const std::size_t connections = workers * (capacity.connections * kConnection + kMebibyte);
  const std::size_t frontends = 2 * 2 * capacity.frontends * kHashKey;  // and their addresses
  const std::size_t neighbors = capacity.neighbors * kHashKey;
  const std::size_t routes = kFirstLevels + capacity.routes * kRoute;
  return connections + frontends + neighbors + routes + kFixed;
}

}  // namespace portico
