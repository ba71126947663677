#pragma once

// Theory of operation
//
// A rate limit that one source can't use up. Half of the rate belongs to all, and is whoever's who
// comes first. The other half is divided into shares; a source's hash names its share, which it
// takes from first. So a single source that floods gets half of the rate and a share, and all
// others, but for those few that share its share, still have their own; together they never get
// more than the rate. A flood from ever new sources takes all shares: what is asked for then is the
// rate, no more.
//
// Example, 1000 a second: 500 for all, and 16 shares of 31 each. kShareBurst of a share may come at
// once, and of the common half the rest of the burst.
//
// `Limit` is a token bucket, RateLimit (stage/rate_limit.h) or SharedRateLimit (kernel_gate.h). The
// hash is keyed (TupleHash::of_source()), so that nobody can aim at another's share.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "include/portico/time.h"

namespace portico {

template <typename Limit>
class FairLimit {
 public:
  static constexpr std::size_t kShares = 16;
  static constexpr std::uint32_t kShareBurst = 8;

  // `burst`: what one source may take at once.
  FairLimit(std::uint32_t per_second, std::uint32_t burst) noexcept
      : FairLimit(per_second, burst, std::make_index_sequence<kShares>()) {}

  bool take(std::uint64_t source, Instant now) noexcept {
    return shares_[(source >> 32) % kShares].take(now) || common_.take(now);
  }

 private:
  template <std::size_t... kIndex>
  FairLimit(std::uint32_t per_second, std::uint32_t burst, std::index_sequence<kIndex...>) noexcept
      : common_(std::max(per_second / 2, 1u), std::max(burst, kShareBurst + 1) - kShareBurst),
        shares_{{(static_cast<void>(kIndex), share(per_second))...}} {}

  static Limit share(std::uint32_t per_second) noexcept {
    return Limit(std::max<std::uint32_t>(per_second / 2 / kShares, 1), kShareBurst);
  }

  Limit common_;
  std::array<Limit, kShares> shares_;
};

}  // namespace portico
