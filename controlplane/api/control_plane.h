#pragma once

// Theory of operation
//
// porticod's control half, from the API down to DataPlane:
//
//   client --gRPC--> PushService / GatewayService --> Ledger --> DataPlane
//                                                     |    |
//   load balancer --HTTP--> HealthCheckServer --------+    +-- StateKeeper --> disk
//
//   ControlPlane control(data_plane, ControlPlaneOptions::from(config));
//   control.restore();                         // tables as of the last run, before anybody asks
//   if (auto status = control.serve(); !status.ok()) ...
//   ... until a signal ...
//   control.shutdown();                        // then stop the data plane
//
// All threads are made by serve() and gone after shutdown(): as many as there are calls, plus
// five. None of them is bound to a core; they inherit the affinity of whoever calls serve().

#include <chrono>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "controlplane/store/gateway_facts.h"
#include "include/portico/gateway_config.h"

namespace portico {

class DataPlane;

struct ControlPlaneOptions {
  ApiConfig api;
  std::string state_directory;  // empty: nothing is kept
  store::GatewayFacts facts;
  // The least time between two writes of the state.
  std::chrono::milliseconds state_interval = std::chrono::seconds(1);
  // How long shutdown() waits for calls in progress.
  std::chrono::milliseconds shutdown_grace = std::chrono::seconds(2);

  static ControlPlaneOptions from(const GatewayConfig& config);
};

class ControlPlane {
 public:
  // `data_plane` must outlive this, and have no tables pushed yet.
  ControlPlane(DataPlane& data_plane, ControlPlaneOptions options);
  ~ControlPlane();  // shuts down
  ControlPlane(const ControlPlane&) = delete;
  ControlPlane& operator=(const ControlPlane&) = delete;

  // Brings back the tables of the last run. Never fails: what can't be restored is named in the
  // log. Once, before serve().
  void restore();

  // Starts to listen, and returns. An error names the address, or the state directory.
  absl::Status serve();

  // Ends the streams, finishes what is in progress, writes what is not on disk yet. May be called
  // twice.
  void shutdown();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace portico
