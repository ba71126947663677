#pragma once

#include "dataplane/state/counter.h"
#include "include/portico/drop_reason.h"

namespace portico {

// What one thread has seen: a worker, or the slow path. Written by that thread alone.
// received == sent + dropped + punted + handed_over after each burst.
struct alignas(64) WorkerCounts {
  Counter received;  // from ports, from workers that handed over, from the slow path
  Counter sent;
  Counter punted;
  Counter handed_over;
  Counter drops[kDropReasonCount];
  Counter connections_expired;
  Counter polls;
  Counter empty_polls;

  void drop(DropReason reason, std::uint64_t packets = 1) noexcept {
    drops[static_cast<std::size_t>(reason)].add(packets);
  }
  std::uint64_t dropped() const noexcept {
    std::uint64_t sum = 0;
    for (const Counter& count : drops) sum += count.get();
    return sum;
  }
};

}  // namespace portico
