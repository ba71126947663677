#pragma once

// Theory of operation
//
// The MAC addresses of the hosts on the gateway's links, both families in one table: a hash table
// from (port, address) to the index of a slot, and in the slot the MAC address, in one word that
// is written and read atomically. How entries come, age and go is the business of
// runtime/neighbor_resolver.h; this is only what workers see of it.
//
//   word   bit 63: resolved    bits 47 ... 0: the MAC address
//   used   set by a worker that found the entry, taken by the slow path: it tells a neighbor worth
//          probing from one that nobody asks for (RFC 4861 section 7.3). A worker writes it only
//          when it isn't set already, so that the line stays shared between the workers.
//
// A slot is free, or it belongs to one key, or it waits with its erased key for release(), so that
// a worker that found the key just before it went still reads the right slot.
//
// find()         any worker, at any time
// all others     the slow path, one thread

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "dataplane/state/hash_table.h"
#include "include/portico/ip_address.h"
#include "include/portico/strong_id.h"

namespace portico {

class NeighborTable {
 public:
  // Throws std::bad_alloc.
  explicit NeighborTable(std::uint32_t capacity);

  // Workers. Absent while the neighbor is not resolved. A found one is marked as used.
  std::optional<MacAddress> find(PortId port, const IpAddress& address) const noexcept;

  // Slow path. set() returns false when the table is full.
  bool set(PortId port, const IpAddress& address, const MacAddress& mac);
  void erase(PortId port, const IpAddress& address);
  // Whether a worker has found it since the last call.
  bool take_used(PortId port, const IpAddress& address);
  void release();  // when every worker has passed the removals

  std::uint32_t size() const noexcept { return table_.size(); }
  std::uint32_t capacity() const noexcept { return table_.capacity(); }

 private:
  struct Key {
    std::array<std::uint8_t, 16> address{};  // IPv4: the first four, the others zero
    PortId port;
    Family family = Family::kIpv4;
    std::uint8_t zero = 0;
  };
  struct Slot {
    std::atomic<std::uint64_t> word = 0;  // writer: the slow path; readers: workers
    std::atomic<bool> used = false;       // writers: workers set, the slow path clears
  };

  static Key key_of(PortId port, const IpAddress& address) noexcept;

  HashTable<Key, std::uint64_t> table_;  // to an index into slots_
  const std::unique_ptr<Slot[]> slots_;
  std::vector<std::uint32_t> free_;     // slots
  std::vector<std::uint32_t> waiting_;  // slots of keys erased since the last release()
};

}  // namespace portico
