#pragma once

#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include <rte_cycles.h>

#include "tests/bench/replay_io.h"

namespace portico {

// A ReplayIo whose packets arrive at moments of their own, and which notes how long after that each
// was sent. Moments are a Poisson process, in cycles of the time stamp counter, and wait in a queue
// as deep as a NIC's; who comes when it is full is lost.
class PacedIo : public ReplayIo {
 public:
  static constexpr std::size_t kQueue = 1024;

  PacedIo() {
    std::mt19937 random(1);
    std::exponential_distribution<double> gap(1);
    for (double& each : gaps_) each = gap(random);
  }

  // Packets arrive from now on, `gap` cycles apart on average. 0: as fast as they are taken.
  void pace(double gap) {
    gap_ = gap;
    next_arrival_ = static_cast<double>(rte_rdtsc());
    first_ = count_ = 0;
  }

  std::uint64_t lost() const { return lost_; }
  // Cycles from arrival to sending, of all since clear(), in the order of sending.
  const std::vector<std::uint32_t>& delays() const { return delays_; }
  void clear() { delays_.clear(); }

  void receive(WorkerId, PortId port, Burst& burst) noexcept override {
    if (gap_ == 0) return fill(port, kBurstSize, burst);
    arrive(static_cast<double>(rte_rdtsc()));
    const std::size_t count = std::min(count_, kBurstSize);
    for (std::size_t i = 0; i < count; ++i) arrivals_[i] = queue_[(first_ + i) % kQueue];
    first_ = (first_ + count) % kQueue;
    count_ -= count;
    fill(port, count, burst);
  }
  std::size_t send(WorkerId, PortId, Packet* const* packets, std::size_t count) noexcept override {
    if (gap_ == 0) return count;
    const auto now = static_cast<double>(rte_rdtsc());
    for (std::size_t i = 0; i < count; ++i) {
      delays_.push_back(static_cast<std::uint32_t>(now - arrivals_[place_of(*packets[i])]));
    }
    return count;
  }

 private:
  static constexpr std::size_t kGaps = 1u << 12;

  void arrive(double now) noexcept {
    while (next_arrival_ <= now) {
      if (count_ == kQueue) {
        ++lost_;
      } else {
        queue_[(first_ + count_++) % kQueue] = next_arrival_;
      }
      next_arrival_ += gap_ * gaps_[next_gap_++ % kGaps];
    }
  }

  double gap_ = 0;
  double next_arrival_ = 0;
  std::size_t next_gap_ = 0;
  std::array<double, kGaps> gaps_;
  std::array<double, kQueue> queue_;  // moments of arrival
  std::size_t first_ = 0;
  std::size_t count_ = 0;
  std::array<double, kBurstSize> arrivals_;  // of the last burst
  std::uint64_t lost_ = 0;
  std::vector<std::uint32_t> delays_;
};

}  // namespace portico
