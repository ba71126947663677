#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "include/portico/gateway_config.h"

namespace grpc {
class Service;
}

namespace portico {

// A service and its full name, under which its health is told: "portico.v1.Push".
struct ServedService {
  std::string name;
  grpc::Service* service = nullptr;
};

// The gRPC server: sockets, limits, health and reflection.
class Server {
 public:
  // `services` must outlive the server.
  Server(const ApiConfig& config, std::vector<ServedService> services);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Listens on the UNIX socket and on every TCP address, and reports SERVING from then on. An
  // error names the address; then nothing is listened on.
  absl::Status start();

  // Reports NOT_SERVING, lets calls in progress finish for at most `grace`, then cuts them off.
  void stop(std::chrono::milliseconds grace);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace portico
