#pragma once

// Which of the APIs that tell of endpoints a server has.

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include "controlplane/watch/api_exchange.h"
#include "controlplane/watch/backoff.h"
#include "controlplane/watch/resource.h"

namespace portico {

// # Theory of operation
//
// GET /apis/discovery.k8s.io names the versions of EndpointSlices. A server that does not know it
// is asked for GET /api: one with v1 has Endpoints, any other is no Kubernetes. Every role may read
// these (ClusterRole system:discovery). Faults are tried again after a backoff, for ever.
class Discovery : public ApiExchange {
 public:
  static constexpr std::chrono::seconds kSilence{60};
  static constexpr std::size_t kMaxBody = std::size_t{1} << 20;

  explicit Discovery(Random random) : backoff_(std::move(random)) {}

  Step next(Time now) override;
  void on_head(const ResponseHead& head, Time now) override;
  void on_data(absl::string_view bytes, Time now) override;
  void on_end(const absl::Status& status, Time now) override;

  // Nothing while it is not known.
  std::optional<EndpointApi> found() const { return found_; }
  // What was found is there no more: asks again, after a backoff.
  void forget(Time now);

  // What went wrong since this was asked last; printable.
  std::optional<std::string> take_fault();

 private:
  const char* target() const { return asks_core_ ? "/api" : "/apis/discovery.k8s.io"; }
  void read_groups(Time now);
  void read_core_versions(Time now);
  void fail(const std::string& text, Time now,
            std::optional<std::chrono::seconds> retry_after = std::nullopt);

  Backoff backoff_;
  std::optional<EndpointApi> found_;
  std::optional<std::string> fault_;
  bool asks_core_ = false;
  Time due_{};
  bool running_ = false;
  Time deadline_{};
  std::optional<ResponseHead> head_;
  std::string body_;
};

}  // namespace portico
