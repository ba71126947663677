#pragma once

// Somebody who asks an API server one thing after the other: what is to be asked next and when, and
// what becomes of the answer. No socket, thread or clock: who has them drives it
// (cluster_source.h), and a test plays both him and the server.
//
//   next(now) -> {kStart, request}     on_head(), on_data()..., on_end()
//   next(now) -> {kWait, until}
//   next(now) -> {kCancel}             of what was started nothing more is wanted

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace portico {

struct ApiRequest {
  std::string target;  // path and query
  std::string accept;
};

struct ResponseHead {
  int status = 0;
  std::string content_type;
  std::optional<std::chrono::seconds> retry_after;
};

class ApiExchange {
 public:
  using Time = std::chrono::steady_clock::time_point;

  struct Step {
    enum class What : std::uint8_t { kWait, kStart, kCancel };

    What what = What::kWait;
    Time until{};          // of kWait: when to ask again, if nothing happens before
    ApiRequest request{};  // of kStart
  };

  virtual ~ApiExchange() = default;

  // To be asked after each call, until it says kWait.
  virtual Step next(Time now) = 0;

  // Of the request that was started last, unless it was cancelled; as HttpHandler's.
  virtual void on_head(const ResponseHead& head, Time now) = 0;
  virtual void on_data(absl::string_view bytes, Time now) = 0;
  virtual void on_end(const absl::Status& status, Time now) = 0;
};

}  // namespace portico
