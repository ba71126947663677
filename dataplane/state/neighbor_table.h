#pragma once

// Theory of operation
//
// The MAC addresses of the hosts on the gateway's links, both families in one table: a hash table
// from (port, address) to the index of a slot, and in the slot the MAC address, in one word that
// is written and read atomically. How entries come, age and go is the business of
// runtime/neighbor_resolver.h; this is only what workers see of it.
//
//   word   bit 63: resolved    bits 62 ... 48: the port    bits 47 ... 0: the MAC address
//   used   set by a worker that found the entry, taken by the slow path: it tells a neighbor worth
//          probing from one that nobody asks for (RFC 4861 section 7.3). A worker writes it only
//          when it isn't set already, so that the line stays shared between the workers.
//
// A slot is free, or it belongs to one key, or it waits with its erased key for release(), so that
// a worker that found the key just before it went still reads the right slot.
//
// A worker may remember the slot, and read it without looking the key up, as long as changes() is
// what it was when the key was looked up. It moves on when a key comes or goes, and a slot changes
// hands only after release(), when all workers have seen that the key went; a new MAC address needs
// nothing, since it is read from the slot.
//
// find(), place_of(), at(), changes()   any worker, at any time
// all others                            the slow path, one thread

#include <atomic>
#include <bit>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <vector>

#include "dataplane/state/hash_table.h"
#include "include/portico/ip_address.h"
#include "include/portico/strong_id.h"

namespace portico {

// Where frames to a neighbor go: a word of the table.
class Neighbor {
 public:
  Neighbor(PortId port, const MacAddress& mac) noexcept
      : word_(kResolved | std::uint64_t{port.value} << kPortShift) {
    static_assert(std::endian::native == std::endian::little, "bit 63 lies behind the MAC address");
    std::memcpy(&word_, mac.bytes.data(), sizeof mac);
  }
  static Neighbor from_word(std::uint64_t word) noexcept { return Neighbor(word); }

  std::uint64_t word() const noexcept { return word_; }
  bool is_resolved() const noexcept { return (word_ & kResolved) != 0; }
  PortId port() const noexcept {
    return {static_cast<std::uint16_t>((word_ & ~kResolved) >> kPortShift)};
  }
  MacAddress mac() const noexcept {
    MacAddress mac;
    std::memcpy(mac.bytes.data(), &word_, sizeof mac);
    return mac;
  }

  friend bool operator==(const Neighbor&, const Neighbor&) noexcept = default;

 private:
  static constexpr std::uint64_t kResolved = std::uint64_t{1} << 63;
  static constexpr unsigned kPortShift = 48;

  explicit Neighbor(std::uint64_t word) noexcept : word_(word) {}

  std::uint64_t word_;
};

class NeighborTable {
 public:
  static constexpr std::uint32_t kNoPlace = 0xffffffff;

  // Throws std::bad_alloc.
  explicit NeighborTable(std::uint32_t capacity);

  // Workers. Absent while the neighbor is not resolved. A found one is marked as used.
  std::optional<MacAddress> find(PortId port, const IpAddress& address) const noexcept;
  // The same in two steps. The place is kNoPlace for a neighbor that was never resolved, or is
  // gone; nobody is at kNoPlace.
  std::uint32_t place_of(PortId port, const IpAddress& address) const noexcept;
  std::optional<Neighbor> at(std::uint32_t place) const noexcept {
    if (place == kNoPlace) return std::nullopt;
    Slot& slot = slots_[place];
    const Neighbor neighbor = Neighbor::from_word(slot.word.load(std::memory_order_relaxed));
    if (!neighbor.is_resolved()) return std::nullopt;
    if (!slot.used.load(std::memory_order_relaxed)) {
      slot.used.store(true, std::memory_order_relaxed);
    }
    return neighbor;
  }
  // How often neighbors have come or gone. Who sees a number finds the places as they are since
  // then.
  std::uint32_t changes() const noexcept { return changes_.load(std::memory_order_acquire); }

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
  std::atomic<std::uint32_t> changes_ = 0;
  std::vector<std::uint32_t> free_;     // slots
  std::vector<std::uint32_t> waiting_;  // slots of keys erased since the last release()
};

}  // namespace portico
