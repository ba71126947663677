#pragma once

// A gateway with one worker, one port and one Service with three endpoints, whose next hop is
// known; it masquerades. Time stands still, but for pass().

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "dataplane/runtime/gateway.h"
#include "tests/bench/replay_io.h"

namespace portico {

// The first packets of `count` clients to the Service, of 64 bytes where they fit, in shuffled
// order: of TCP an ACK.
std::vector<std::string> bench_frames(Family family, Protocol protocol, std::uint32_t count);

class BenchGateway {
 public:
  // `io` outlives it. Ends the process when there is not enough memory.
  BenchGateway(Family family, Protocol protocol, std::uint32_t connections, ReplayIo& io,
               const TimeoutConfig& timeouts = {});

  // The steady state: each flow has its connection, its packets come in shuffled order.
  void establish(std::uint32_t flows);

  void poll() { gateway_->worker({0}).poll(now_); }
  void pass(Duration time) { now_ += time; }
  void end_connections() { static_cast<void>(gateway_->delete_connections({})); }
  WorkerCounters counters() { return gateway_->worker_counters()[0]; }

 private:
  IpAddress address(const char* v4, const char* v6) const;
  GatewayConfig config(std::uint32_t connections) const;
  void add_routes();
  void add_service();
  void resolve_next_hop();

  const Family family_;
  const Protocol protocol_;
  ReplayIo& io_;
  std::unique_ptr<Gateway> gateway_;
  Instant now_ = Instant() + std::chrono::hours(1);
};

}  // namespace portico
