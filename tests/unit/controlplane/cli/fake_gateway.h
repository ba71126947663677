#pragma once

// A gateway's API in this process, on a UNIX socket in a folder of its own. It answers with what
// the test puts into it and keeps what it was asked.

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "proto/portico/v1/gateway.pb.h"
#include "tests/support/certificates.h"

namespace portico::cli {

class FakeGateway {
 public:
  FakeGateway();
  ~FakeGateway();

  // "unix:/tmp/.../porticod.sock"
  std::string address() const;
  std::string socket_path() const;
  // Listens over TLS too, to who has a certificate of `authority`'s: returns "127.0.0.1:PORT".
  std::string listen(const TestIdentity& own, const TestIdentity& authority);

  // What it answers. Lists come in pages of two.
  v1::Status status;
  std::vector<v1::ServiceView> services;
  std::vector<v1::Connection> connections;
  std::uint64_t deleted = 0;
  std::vector<v1::RouteView> routes;
  std::vector<v1::Neighbor> neighbors;
  v1::ListPortsResponse ports;
  v1::Counters counters;
  v1::ListDropsResponse drops;
  v1::ExplainResponse explanation;
  // Not OK: every answer.
  absl::Status error;
  // Never answers while this is set.
  bool silent = false;

  // What it was asked last.
  v1::ListServicesRequest asked_services;
  v1::ListConnectionsRequest asked_connections;
  v1::DeleteConnectionsRequest asked_delete;
  v1::ExplainRequest asked_explain;

 private:
  class Server;
  std::string folder_;
  std::unique_ptr<Server> server_;
};

}  // namespace portico::cli
