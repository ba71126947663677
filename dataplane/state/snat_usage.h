#pragma once

// Theory of operation. How hard it is for one worker, in one family, to find a free candidate
// (state/snat_ports.h). Whether a candidate is free is a matter of the endpoint's socket: the pool
// is not full or empty, but full towards this socket and empty towards that one, and to know the
// fullest would mean to count for each. But the candidates that a new connection tries are as good
// as drawn at random, so that where a part `f` of them is in use it tries 1 / (1 - f) on average.
// From that average, over the last new connections, comes the fill level towards the endpoints that
// they went to.
//
// Written by the worker, read by the control thread.

#include <atomic>
#include <cstdint>

#include "dataplane/state/counter.h"

namespace portico {

class SnatUsage {
 public:
  // A new connection found a candidate with its `attempts`th try.
  void found(std::uint32_t attempts) noexcept {
    connections_.add(1);
    tried(attempts);
  }
  // A new connection found none with that many.
  void exhausted(std::uint32_t attempts) noexcept {
    exhausted_.add(1);
    tried(attempts);
  }

  std::uint64_t connections() const noexcept { return connections_.get(); }  // made so far
  std::uint64_t exhaustions() const noexcept { return exhausted_.get(); }
  std::uint32_t most_attempts() const noexcept { return most_.load(std::memory_order_relaxed); }
  // The estimate, 0 to 1.
  double fill() const noexcept {
    return 1.0 - kOne / static_cast<double>(average_.load(std::memory_order_relaxed));
  }

 private:
  static constexpr std::uint32_t kOne = 1u << 16;
  static constexpr std::uint32_t kWeight = 64;  // of the past, against one new connection

  void tried(std::uint32_t attempts) noexcept {
    const std::uint32_t before = average_.load(std::memory_order_relaxed);
    const std::uint32_t scaled = attempts * kOne;
    average_.store(scaled >= before ? before + (scaled - before) / kWeight
                                    : before - (before - scaled) / kWeight,
                   std::memory_order_relaxed);
    if (attempts > most_attempts()) most_.store(attempts, std::memory_order_relaxed);
  }

  Counter connections_;
  Counter exhausted_;
  std::atomic<std::uint32_t> most_{0};
  std::atomic<std::uint32_t> average_{kOne};  // of attempts, moving, in 1/65536
};

}  // namespace portico
