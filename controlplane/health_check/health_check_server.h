#pragma once

// Theory of operation
//
// Tells load balancers over HTTP how many endpoints of a Service are active locally:
//
//   HealthCheckServer server(options, [&](const std::string&, Family) { return count; });
//   server.serve({{30100, "default/web"}});   // again whenever that changes
//   server.start();
//
// One thread has the listening sockets and accepts; libmicrohttpd's own reads requests and answers
// them. Which Service is meant is told by the port alone, so path and method do not matter, as with
// kube-proxy. The count is asked for with each request: a change of endpoints costs nothing here.
//
// Bounds: kMaxConnections at once, a part of them from one address, kMaxRequest bytes a request,
// one request a connection, and `deadline` for all of it.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "controlplane/health_check/listeners.h"
#include "include/portico/ip_address.h"

namespace portico {

struct HealthCheckOptions {
  std::vector<IpAddress> addresses;
  std::chrono::milliseconds retry = std::chrono::seconds(1);     // of a port that is taken
  std::chrono::milliseconds deadline = std::chrono::seconds(5);  // of a connection
};

class HealthCheckServer {
 public:
  static constexpr unsigned kMaxConnections = 256;
  static constexpr unsigned kMaxConnectionsOfOne = 128;
  static constexpr std::size_t kMaxRequest = 4096;

  // How many endpoints of a Service are active locally, of the family in which is asked, as
  // kube-proxy has a server for each; absent when there is no such Service. Called from any thread.
  using Count = std::function<std::optional<std::size_t>(const std::string& service, Family)>;

  HealthCheckServer(HealthCheckOptions options, Count count);
  ~HealthCheckServer();  // stops

  // Once.
  absl::Status start();
  // From any thread, also before start().
  void serve(HealthCheckPorts ports);
  // May be called twice.
  void stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace portico
