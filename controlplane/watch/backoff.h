#pragma once

// How long to wait after a failure: as client-go's reflectors do
// (k8s.io/client-go/tools/cache/reflector.go).

#include <chrono>
#include <functional>
#include <optional>
#include <utility>

namespace portico {

// Uniformly distributed in [0, 1).
using Random = std::function<double()>;

// 800 ms after the first failure, twice as long after each further one up to 30 s, plus up to as
// much again at random, so that clients of a server that was away do not all come back at once. Two
// minutes without a failure and it begins anew.
class Backoff {
 public:
  using Time = std::chrono::steady_clock::time_point;

  static constexpr std::chrono::milliseconds kFirst{800};
  static constexpr std::chrono::milliseconds kLast{30'000};
  static constexpr std::chrono::minutes kHealthy{2};
  // Of what a server asks for by Retry-After, more than that is not believed.
  static constexpr std::chrono::minutes kMaxAsked{5};
  // As often in a row a server is obeyed that asks for less than it would be
  // (k8s.io/client-go/rest/request.go, maxRetries).
  static constexpr int kMaxObeyed = 10;

  explicit Backoff(Random random) : random_(std::move(random)) {}

  // A failure happened at `now`; when to try again. `asked`: the server's Retry-After.
  Time after_failure(Time now, std::optional<std::chrono::seconds> asked = std::nullopt);

 private:
  Random random_;
  std::chrono::milliseconds next_ = kFirst;
  int obeyed_ = 0;
  std::optional<Time> last_;  // when it was to be tried again
};

}  // namespace portico
