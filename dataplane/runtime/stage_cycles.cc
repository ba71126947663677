#include "dataplane/runtime/stage_cycles.h"

#include <algorithm>
#include <numeric>

#include <rte_cycles.h>

#include "dataplane/stage/pipeline.h"

namespace portico {
namespace {

// The least that lies between two reads: others were interrupted.
std::uint64_t cost_of(StageCycles::Clock clock) noexcept {
  std::uint64_t least = StageCycles::kInterrupted;
  std::uint64_t last = clock();
  for (int i = 0; i < 64; ++i) {
    const std::uint64_t now = clock();
    least = std::min(least, now - last);
    last = now;
  }
  return least;
}

}  // namespace

StageCycles::StageCycles(Clock clock)
    : clock_(clock), cost_(cost_of(clock)), taken_(kStageCount + 2), cycles_(kStageCount + 2) {}

std::uint64_t StageCycles::time_stamp() noexcept {
  return rte_rdtsc();
}

void StageCycles::took(std::size_t part) noexcept {
  const std::uint64_t now = clock_();
  taken_[part] += now - last_ - std::min(now - last_, cost_);
  last_ = now;
}

void StageCycles::count() noexcept {
  if (std::accumulate(taken_.begin(), taken_.end(), std::uint64_t{0}) < kInterrupted) {
    bursts_.add(1);
    packets_sampled_.add(packets_);
    for (std::size_t part = 0; part < taken_.size(); ++part) cycles_[part].add(taken_[part]);
  }
  std::fill(taken_.begin(), taken_.end(), 0);
  left_ = kPeriod;
}

WorkerCycles StageCycles::read() const {
  WorkerCycles all;
  all.bursts = bursts_.get();
  all.packets = packets_sampled_.get();
  all.stages.push_back({"receive", cycles_.front().get()});
  for (std::size_t stage = 0; stage < kStageCount; ++stage) {
    all.stages.push_back({to_string(static_cast<Stage>(stage)), cycles_[1 + stage].get()});
  }
  all.stages.push_back({"settle", cycles_.back().get()});
  return all;
}

}  // namespace portico
