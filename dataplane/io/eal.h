#pragma once

// Theory of operation
//
// DPDK's environment (EAL), which lives once in a process: memory, and a thread on each worker's
// core. Lcore 0 is the thread that calls start(), bound to the control cores, and with it every
// thread that it starts from then on; lcore 1 + i is worker i. Nothing is shared with another
// process, so that any number of gateways may run on a machine.
//
// Memory comes from hugepages, or without them from ordinary pages, which are only touched when
// they are used.
//
//   cores = plan_cores(config.workers, available_cores())
//   eal = Eal::start(config, cores, table bytes)
//   io = EthdevIo::open(config, cores.worker_count())
//   eal->launch(worker, loop) ...     the loops end when they are told to
//   eal->join();  io, then eal are destroyed

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "dataplane/io/cores.h"
#include "include/portico/gateway_config.h"
#include "include/portico/strong_id.h"

namespace portico {

// What rte_eal_init() is told. `memory` is the number of bytes to take from ordinary pages.
std::vector<std::string> eal_arguments(const GatewayConfig& config, const CorePlan& cores,
                                       bool hugepages, std::size_t memory);

class Eal {
 public:
  // `table_bytes`: what the tables will take; the packet buffers are added here. At most once in a
  // process, even after the object is gone.
  //   FailedPrecondition   no hugepages where they must be used
  //   Internal             DPDK did not start; what it had to say is on stderr
  static absl::StatusOr<std::unique_ptr<Eal>> start(const GatewayConfig& config,
                                                    const CorePlan& cores, std::size_t table_bytes);
  ~Eal();
  Eal(const Eal&) = delete;
  Eal& operator=(const Eal&) = delete;

  bool hugepages() const { return hugepages_; }
  // The NUMA node of each worker's core.
  std::vector<int> worker_sockets() const;

  // Runs `loop` on the worker's core. Requires that nothing runs there.
  void launch(WorkerId worker, std::function<void()> loop);
  // Waits until every loop has returned.
  void join();

 private:
  Eal(std::uint16_t workers, bool hugepages);

  bool hugepages_;
  std::vector<std::function<void()>> loops_;  // of each worker; written before its thread reads it
};

}  // namespace portico
