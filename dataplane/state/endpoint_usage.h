#pragma once

// Theory of operation. How much of each endpoint one worker uses: connections, packets, bytes, in
// an array indexed by the slot of the endpoint table. Written by that worker, read by the control
// thread, which adds up the workers.
//
// Nothing is ever set back. A slot that gets a new tenant goes on counting; the control thread
// keeps what the counters were when the tenant moved in, and tells the difference. What is left of
// the previous tenant's connections does not disturb it: counting asks the endpoint table first
// whether the reference still leads to the slot's tenant.
//
// The way that packets to an endpoint take, as one of them has found it, is remembered here too,
// where each new connection looks anyhow: the place of the next hop in the neighbor table, for one
// tenant and one way_epoch (stage/context.h), and for the worker alone. A route with several next
// hops is a matter of each connection, and not remembered.
//
// How many connections are open is kept a second time, apart from what each packet writes, because
// all workers look at it when they choose an endpoint (state/endpoint_load.h).

#include <atomic>
#include <cstdint>

#include "dataplane/packet/packet.h"
#include "dataplane/state/counter.h"
#include "dataplane/state/endpoint_table.h"
#include "dataplane/state/lazy_array.h"
#include "dataplane/state/neighbor_table.h"

namespace portico {

struct Traffic {
  Counter packets;
  Counter bytes;  // from the IP header on
};

struct alignas(64) EndpointCounts {
  Counter opened;
  Counter closed;
  Traffic traffic[2];  // indexed by Direction
  // The worker's alone.
  std::uint32_t way_generation = 0;  // of the tenant that the way leads to
  std::uint32_t way_epoch = 0;
  std::uint32_t way = 0;
};
static_assert(sizeof(EndpointCounts) == 64);

class EndpointUsage {
 public:
  // `capacity` slots as in the endpoint table. Throws std::bad_alloc.
  EndpointUsage(const EndpointTable& endpoints, std::uint32_t capacity)
      : endpoints_(endpoints), counts_(capacity), open_(capacity) {}

  void connection_opened(EndpointRef ref) noexcept {
    opened_.add(1);
    if (!endpoints_.exists(ref)) return;
    counts_[ref.slot].opened.add(1);
    add_open(ref.slot, 1);
  }
  void connection_closed(EndpointRef ref) noexcept {
    closed_.add(1);
    if (!endpoints_.exists(ref)) return;
    counts_[ref.slot].closed.add(1);
    add_open(ref.slot, 0xffffffff);
  }
  // Closed, to make room for another.
  void connection_evicted(EndpointRef ref) noexcept {
    connection_closed(ref);
    evicted_.add(1);
  }
  // Requires that the endpoint exists.
  void packet(EndpointRef ref, Direction direction, std::uint32_t bytes) noexcept {
    Traffic& traffic = counts_[ref.slot].traffic[static_cast<std::size_t>(direction)];
    traffic.packets.add(1);
    traffic.bytes.add(bytes);
  }

  // Fetches what packet() counts into the cache.
  void prefetch(EndpointRef ref) const noexcept { __builtin_prefetch(&counts_[ref.slot]); }

  // The way to an endpoint, NeighborTable::kNoPlace while it is not known.
  std::uint32_t way(EndpointRef ref, std::uint32_t epoch) const noexcept {
    const EndpointCounts& counts = counts_[ref.slot];
    const bool is_known = counts.way_generation == ref.generation && counts.way_epoch == epoch;
    return is_known ? counts.way : NeighborTable::kNoPlace;
  }
  void learn_way(EndpointRef ref, std::uint32_t epoch, std::uint32_t way) noexcept {
    EndpointCounts& counts = counts_[ref.slot];
    counts.way_generation = ref.generation;
    counts.way_epoch = epoch;
    counts.way = way;
  }

  // Of all endpoints, those that are gone included.
  std::uint64_t opened() const noexcept { return opened_.get(); }
  std::uint64_t closed() const noexcept { return closed_.get(); }
  std::uint64_t evicted() const noexcept { return evicted_.get(); }
  const EndpointCounts& operator[](std::uint32_t slot) const noexcept { return counts_[slot]; }
  // opened - closed, modulo 2^32.
  std::uint32_t open(std::uint32_t slot) const noexcept {
    return open_[slot].load(std::memory_order_relaxed);
  }

 private:
  void add_open(std::uint32_t slot, std::uint32_t n) noexcept {
    open_[slot].store(open(slot) + n, std::memory_order_relaxed);
  }

  const EndpointTable& endpoints_;
  Counter opened_;
  Counter closed_;
  Counter evicted_;
  LazyArray<EndpointCounts> counts_;
  LazyArray<std::atomic<std::uint32_t>> open_;
};

}  // namespace portico
