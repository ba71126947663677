#pragma once

// Keeps a flood of faults from becoming a flood of lines.

#include <chrono>
#include <cstdint>
#include <utility>

namespace portico {

// So many lines in each period; what was left out is told with the next one that is not.
class LineLimit {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  explicit LineLimit(std::uint32_t lines = 20,
                     std::chrono::seconds period = std::chrono::seconds(10))
      : lines_(lines), period_(period) {}

  // Whether a line may be written.
  bool allows(TimePoint now) {
    if (now - begin_ >= period_) {
      begin_ = now;
      written_ = 0;
    }
    if (written_ < lines_) {
      ++written_;
      return true;
    }
    ++left_out_;
    return false;
  }
  // Since it was last asked.
  std::uint64_t take_left_out() { return std::exchange(left_out_, 0); }

 private:
  std::uint32_t lines_;
  std::chrono::seconds period_;
  TimePoint begin_{};
  std::uint32_t written_ = 0;
  std::uint64_t left_out_ = 0;
};

}  // namespace portico
