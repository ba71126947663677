#pragma once

// How many answers the gateway gives, RFC 4443 section 2.4 (f): each kind has a limit of its own,
// so that packets whose TTL ends here don't stop path MTU discovery, and no source can use up a
// limit alone (state/fair_limit.h). A worker's.

#include <array>
#include <cstdint>

#include "dataplane/stage/rate_limit.h"
#include "dataplane/state/fair_limit.h"
#include "dataplane/state/tuple_hash.h"

namespace portico {

enum class AnswerKind : std::uint8_t {
  kRefusal,       // TCP resets and ICMP port unreachable
  kTimeExceeded,  // of the gateway as a router, as is ...
  kTooBig,        // ... packet too big, fragmentation needed
};

class AnswerLimits {
 public:
  static constexpr std::uint32_t kPerSecond = 1000;
  static constexpr std::uint32_t kBurst = 50;

  // `seed`: a secret, but for tests.
  explicit AnswerLimits(std::uint64_t seed) noexcept : hash_(seed) {}

  // Whether one more answer of this kind may go to `asker` at `now`.
  template <typename Address>
  bool take(AnswerKind kind, const Address& asker, Instant now) noexcept {
    return limits_[static_cast<std::size_t>(kind)].take(hash_.of_source(asker), now);
  }

 private:
  using Limit = FairLimit<RateLimit>;

  TupleHash hash_;
  std::array<Limit, 3> limits_{Limit(kPerSecond, kBurst), Limit(kPerSecond, kBurst),
                               Limit(kPerSecond, kBurst)};
};

}  // namespace portico
