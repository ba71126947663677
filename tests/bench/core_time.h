#pragma once

#include <rte_cycles.h>

#include <chrono>
#include <ctime>

#include "include/portico/time.h"

namespace portico {

// Seconds that the calling thread has had a core so far.
inline double core_seconds() {
  timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

inline std::uint64_t cycles_of(double seconds) {
  return static_cast<std::uint64_t>(seconds * static_cast<double>(rte_get_tsc_hz()));
}
inline double seconds_of(std::uint64_t cycles) {
  return static_cast<double>(cycles) / static_cast<double>(rte_get_tsc_hz());
}

}  // namespace portico
