#pragma once

#include "dataplane/state/counter.h"
#include "include/portico/drop_reason.h"

namespace portico {

// What one thread has seen: a worker, or the slow path. Written by that thread alone.
// After each burst, what came into being is what ended:
//   received + reassembled + fragments_made ==
//       sent + dropped + punted + handed_over + fragments_joined + fragments_waiting + fragmented
struct alignas(64) WorkerCounts {
  Counter received;  // from ports, from workers that handed over, from the slow path
  Counter sent;
  Counter punted;
  Counter handed_over;
  Counter fragments_waiting;  // in reassembly, now
  Counter fragments_joined;   // to whole packets ...
  Counter reassembled;        // ... and those packets
  Counter fragmented;         // packets that left in fragments ...
  Counter fragments_made;     // ... and those fragments
  Counter drops[kDropReasonCount];
  Counter refusals[kDropReasonCount];  // answered with a TCP reset or an ICMP error; among `sent`
  Counter connections_expired;
  Counter polls;
  Counter empty_polls;

  void drop(DropReason reason, std::uint64_t packets = 1) noexcept {
    drops[static_cast<std::size_t>(reason)].add(packets);
  }
  void refuse(DropReason reason) noexcept { refusals[static_cast<std::size_t>(reason)].add(1); }
  std::uint64_t dropped() const noexcept {
    std::uint64_t sum = 0;
    for (const Counter& count : drops) sum += count.get();
    return sum;
  }
};

}  // namespace portico
