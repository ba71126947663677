#pragma once

// Between an exchange, which knows what to ask, and the client and the credentials, which know how.

#include <chrono>
#include <optional>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "controlplane/http/http_client.h"
#include "controlplane/kubeconfig/credentials.h"
#include "controlplane/watch/api_exchange.h"

namespace portico {

// One request at a time. Called by one thread, in and between HttpClient::poll().
class ApiChannel : public HttpHandler {
 public:
  using Clock = std::chrono::steady_clock;

  // All of them must outlive the channel.
  ApiChannel(HttpClient* client, Credentials* credentials, ApiExchange* exchange)
      : client_(client), credentials_(credentials), exchange_(exchange) {}
  ~ApiChannel() override { cancel(); }
  ApiChannel(const ApiChannel&) = delete;
  ApiChannel& operator=(const ApiChannel&) = delete;

  // Does what the exchange wants; until when it has to wait.
  Clock::time_point drive();
  // When the first of the bytes came that have come since this was asked last; an answer's end
  // counts, too, for it may come alone.
  std::optional<Clock::time_point> take_heard();

  void on_head(int status, const HttpHeaders& headers) override;
  void on_data(absl::string_view bytes) override;
  void on_end(const absl::Status& status) override;

 private:
  void cancel();
  void try_to_start();

  HttpClient* const client_;
  Credentials* const credentials_;
  ApiExchange* const exchange_;
  HttpClient::Id id_ = 0;              // of the transfer under way
  std::optional<ApiRequest> waiting_;  // for credentials
  absl::Time sent_at_;
  std::optional<Clock::time_point> heard_;
};

}  // namespace portico
