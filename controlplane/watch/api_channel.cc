#include "controlplane/watch/api_channel.h"

#include <cstdint>
#include <string>
#include <utility>

#include "absl/strings/numbers.h"

namespace portico {

std::chrono::steady_clock::time_point ApiChannel::drive() {
  if (waiting_.has_value()) try_to_start();
  while (true) {
    ApiExchange::Step step = exchange_->next(Clock::now());
    if (step.what == ApiExchange::Step::What::kWait) return step.until;
    if (step.what == ApiExchange::Step::What::kCancel) {
      cancel();
    } else {
      waiting_ = std::move(step.request);
      try_to_start();
    }
  }
}

// Without credentials for now (a plugin was asked for them) the request waits; once they are there
// the client wakes up.
void ApiChannel::try_to_start() {
  const absl::StatusOr<const Access*> access = credentials_->access(absl::Now());
  if (access.ok() && *access == nullptr) return;
  const ApiRequest wanted = *std::exchange(waiting_, std::nullopt);
  if (!access.ok()) return exchange_->on_end(access.status(), Clock::now());
  client_->configure((*access)->settings);
  HttpRequest request;
  request.url = (*access)->server + wanted.target;
  request.headers = (*access)->headers;
  request.headers.emplace_back("accept", wanted.accept);
  request.headers.emplace_back("user-agent", "portico-controller/" PORTICO_VERSION);
  sent_at_ = absl::Now();
  id_ = client_->start(std::move(request), this);
}

void ApiChannel::cancel() {
  waiting_.reset();
  if (id_ != 0) client_->cancel(std::exchange(id_, 0));
}

std::optional<std::chrono::steady_clock::time_point> ApiChannel::take_heard() {
  return std::exchange(heard_, std::nullopt);
}

// Retry-After may be a date too (RFC 9110 section 10.2.3); API servers send seconds.
void ApiChannel::on_head(int status, const HttpHeaders& headers) {
  if (status == 401) credentials_->on_unauthorized(sent_at_);
  ResponseHead head{status, std::string(find_header(headers, "content-type")), std::nullopt};
  std::int64_t seconds = 0;
  if (absl::SimpleAtoi(find_header(headers, "retry-after"), &seconds) && seconds >= 0) {
    head.retry_after = std::chrono::seconds(seconds);
  }
  exchange_->on_head(head, Clock::now());
}

void ApiChannel::on_data(absl::string_view bytes) {
  const Clock::time_point now = Clock::now();
  if (!heard_.has_value()) heard_ = now;
  exchange_->on_data(bytes, now);
}

void ApiChannel::on_end(const absl::Status& status) {
  id_ = 0;
  const Clock::time_point now = Clock::now();
  if (!heard_.has_value()) heard_ = now;  // a list may make changes at its end alone
  exchange_->on_end(status, now);
}

}  // namespace portico
