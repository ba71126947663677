#pragma once

#include <cstdint>
#include <optional>

#include "include/portico/ip_address.h"
#include "include/portico/strong_id.h"
#include "include/portico/time.h"

namespace portico {

// The MAC addresses of the hosts on the gateway's links, both families in one table: an rte_hash
// from (port, address) to a slot that holds the MAC address in one atomic word.
// Workers read; the slow path alone writes. How entries come, age and go is the business of
// runtime/neighbor_resolver.h; this is only what workers see of it.
class NeighborTable {
 public:
  explicit NeighborTable(std::uint32_t capacity);
  ~NeighborTable();

  // Workers. Absent while the neighbor is not resolved. A found one is marked as used.
  std::optional<MacAddress> find(PortId port, const IpAddress& address) const noexcept;

  // Slow path. set() returns false when the table is full.
  bool set(PortId port, const IpAddress& address, const MacAddress& mac);
  void erase(PortId port, const IpAddress& address);
  // Whether a worker has found it since the last call.
  bool take_used(PortId port, const IpAddress& address);
  void release();  // when every worker has passed the removals

  std::uint32_t size() const noexcept;
  std::uint32_t capacity() const noexcept;
};

}  // namespace portico
