#pragma once

#include <cstdint>

#include "include/portico/time.h"

namespace portico {

// Connections keep time in ticks: 32 bits of 1/64 s last for two years and wrap without harm.
inline constexpr Duration kTick = std::chrono::nanoseconds(1'000'000'000 / 64);
constexpr std::uint32_t to_ticks(Instant now) noexcept {
  return static_cast<std::uint32_t>(now.time_since_epoch() / kTick);
}

}  // namespace portico
