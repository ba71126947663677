#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "controlplane/cli/parse.h"
#include "controlplane/tls/channel_tls.h"
#include "proto/portico/v1/gateway.pb.h"

namespace portico::cli {

// One gateway's API, blocking. It keeps gRPC's headers out of all other files. Nothing is connected
// before the first request.
//
// Errors have the code that the gateway answered with; Unavailable and DeadlineExceeded mean that
// no gateway answered, and their text says what is known about why.
class Client {
 public:
  // `tls` is for TCP. `timeout` is each answer's: a stream has as many as it has messages.
  Client(GatewayAddress gateway, const ChannelTls& tls, absl::Duration timeout);
  ~Client();

  absl::StatusOr<v1::Status> status();
  // All of them, in the order of their names. An empty namespace means all.
  absl::StatusOr<std::vector<v1::ServiceView>> services(const std::string& name_space);
  absl::StatusOr<v1::ServiceView> service(const std::string& name);
  // Calls `visit` as they come.
  absl::Status connections(const v1::ListConnectionsRequest& request,
                           const std::function<void(const v1::Connection&)>& visit);
  absl::StatusOr<v1::DeleteConnectionsResponse> delete_connections(
      const v1::DeleteConnectionsRequest& request);
  absl::StatusOr<std::vector<v1::RouteView>> routes();
  absl::StatusOr<std::vector<v1::Neighbor>> neighbors();
  absl::StatusOr<std::vector<v1::Port>> ports();
  absl::StatusOr<std::vector<v1::WorkerCounters>> counters();
  absl::StatusOr<std::vector<v1::SnatCounters>> snat();
  absl::StatusOr<std::vector<v1::WorkerCycles>> cycles();
  absl::StatusOr<std::vector<v1::Drop>> drops();
  absl::StatusOr<v1::ExplainResponse> explain(const v1::ExplainRequest& request);

 private:
  class Calls;
  std::unique_ptr<Calls> calls_;
};

}  // namespace portico::cli
