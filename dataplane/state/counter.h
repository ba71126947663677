#pragma once

#include <atomic>
#include <cstdint>

namespace portico {

// Counted by one thread, read by any. Not an atomic increment: with one writer, a plain load, add
// and store are enough, and cost what an ordinary integer costs.
class Counter {
 public:
  void add(std::uint64_t n) noexcept {
    value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  // Of a counter that says how many there are now.
  void subtract(std::uint64_t n) noexcept { add(0 - n); }
  std::uint64_t get() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

}  // namespace portico
