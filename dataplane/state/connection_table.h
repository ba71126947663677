#pragma once

#include <cstddef>
#include <cstdint>

#include "dataplane/packet/burst.h"
#include "dataplane/state/connection.h"

namespace portico {

// The connections of one worker in one family.
template <typename Address>
class ConnectionTable {
 public:
  using Record = Connection<Address>;

  // Reserves all memory for `capacity` connections on NUMA node `socket` (-1: any).
  // Throws std::bad_alloc when there is not enough.
  ConnectionTable(std::uint32_t capacity, const TimeoutTicks& timeouts, int socket);
  ~ConnectionTable();
  ConnectionTable(const ConnectionTable&) = delete;
  ConnectionTable& operator=(const ConnectionTable&) = delete;

  // Looks up `count` (at most kBurstSize) tuples at once: a first pass hashes and prefetches the
  // buckets, a second prefetches the records, a third compares.
  void find(const Tuple<Address>* tuples, std::size_t count, ConnectionRef* found) const noexcept;
  ConnectionRef find(const Tuple<Address>& tuple) const noexcept;

  Record& operator[](ConnectionRef ref) noexcept;
  const Record& operator[](ConnectionRef ref) const noexcept;

  // Inserts a record that has been filled completely, under both of its tuples; `last_seen` is the
  // time of the insertion. Returns a reference in Direction::kOriginal, or one that is not found()
  // when the table is full. Requires that neither tuple is in the table.
  ConnectionRef insert(const Record& record) noexcept;

  void erase(ConnectionRef ref) noexcept;

  // A packet went by at `now`: sets last_seen and state, and lets the deadline follow.
  void touch(ConnectionRef ref, ConnectionState state, std::uint32_t now) noexcept;

  // Ends connections whose time is over, looking at `budget` of them at most; calls
  // `on_expired(const Record&)` before each goes. Returns how many ended.
  template <typename OnExpired>
  std::size_t expire(std::uint32_t now, std::size_t budget, OnExpired&& on_expired) noexcept;

  // Walks the table in pieces, for the control plane: visits the connections in places
  // [cursor, cursor + budget) and returns where to go on, or kNone after the last place.
  template <typename Visit>  // void(ConnectionRef, const Record&)
  std::uint32_t walk(std::uint32_t cursor, std::uint32_t budget, Visit&& visit) const noexcept;

  std::uint32_t ticks_left(const Record& record, std::uint32_t now) const noexcept;

  std::uint32_t size() const noexcept;
  std::uint32_t capacity() const noexcept;
  // All memory of the table, for `porticoctl get counters` and the benchmark.
  std::size_t memory_bytes() const noexcept;
};

}  // namespace portico
