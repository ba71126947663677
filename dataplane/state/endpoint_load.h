#pragma once

// How many connections each endpoint has open, over all workers: the sum of what each of them
// counts for itself (state/endpoint_usage.h). Workers count on meanwhile, so that it may be behind
// by what they do at this moment.
//
// The counts of a slot don't begin at 0 with a new tenant: what they said when it moved in, after
// the grace period of its predecessor, is ServiceEndpoint::open_before.

#include <cstdint>
#include <vector>

#include "dataplane/state/endpoint_usage.h"

namespace portico {

class EndpointLoad {
 public:
  // Before any worker runs.
  void add(const EndpointUsage& worker) { workers_.push_back(&worker); }

  std::uint32_t open(std::uint32_t slot) const noexcept {
    std::uint32_t sum = 0;
    for (const EndpointUsage* worker : workers_) sum += worker->open(slot);
    return sum;
  }

 private:
  std::vector<const EndpointUsage*> workers_;
};

}  // namespace portico
