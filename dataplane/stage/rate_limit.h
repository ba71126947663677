#pragma once

#include <algorithm>
#include <cstdint>

#include "include/portico/time.h"

namespace portico {

// A token bucket: `per_second` in the long run, `burst` at once. RFC 4443 section 2.4 (f) wants one
// before each ICMP error.
class RateLimit {
 public:
  constexpr RateLimit(std::uint32_t per_second, std::uint32_t burst) noexcept
      : interval_(Duration(std::chrono::seconds(1)) / per_second),
        depth_(interval_ * burst),
        due_(Instant() - depth_) {}

  // Whether one more may pass at `now`.
  bool take(Instant now) noexcept {
    // The bucket as a time: how far in the past the next token would be due when it is full.
    due_ = std::max(due_, now - depth_);
    if (due_ + interval_ > now) return false;
    due_ += interval_;
    return true;
  }

 private:
  Duration interval_;
  Duration depth_;
  Instant due_;
};

}  // namespace portico
