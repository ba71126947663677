#include "controlplane/watch/backoff.h"

#include <algorithm>

namespace portico {

Backoff::Time Backoff::after_failure(Time now, std::optional<std::chrono::seconds> asked) {
  using std::chrono::milliseconds;
  if (last_.has_value() && now - *last_ > kHealthy) {
    next_ = kFirst;
    obeyed_ = 0;
  }
  const auto base = static_cast<double>(next_.count());
  milliseconds wait(static_cast<milliseconds::rep>(base * (1.0 + random_())));
  next_ = std::min(2 * next_, kLast);
  if (asked.has_value()) {
    const milliseconds wish = std::clamp<milliseconds>(*asked, milliseconds(0), kMaxAsked);
    wait = obeyed_ < kMaxObeyed ? wish : std::max(wait, wish);
    ++obeyed_;
  }
  last_ = now + wait;
  return *last_;
}

}  // namespace portico
