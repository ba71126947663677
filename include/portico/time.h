#pragma once

#include <chrono>

namespace portico {

// The gateway's monotonic clock. It is no std clock: there is no now() here. Whoever drives the
// packet path reads the time once a burst and hands it down, and a test hands down what it likes.
struct GatewayClock {
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  static constexpr bool is_steady = true;
};

using Instant = std::chrono::time_point<GatewayClock, std::chrono::nanoseconds>;
using Duration = std::chrono::nanoseconds;

}  // namespace portico
