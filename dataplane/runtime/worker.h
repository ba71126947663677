#pragma once

// Theory of operation. A worker is a poll-mode loop on a core of its own. One round of poll():
//
//   take what other workers handed over, then receive from ports  -> pipeline -> settle
//   packets that fragments among them have made whole            -> pipeline -> settle
//   the first worker: frames of the slow path and of the kernel   -> settle
//   requests of the control plane (Mailbox), connections whose time is over: bounded work
//
// It owns its connection tables: nobody else reads or writes them. It reads the shared tables
// without locks; poll() returning is its quiescent state.

#include <memory>

#include "dataplane/packet/packet_io.h"
#include "dataplane/runtime/connection_ends.h"
#include "dataplane/runtime/mailbox.h"
#include "dataplane/runtime/settle.h"
#include "dataplane/runtime/shared_tables.h"
#include "dataplane/runtime/stage_cycles.h"
#include "dataplane/runtime/worker_counts.h"
#include "dataplane/stage/context.h"
#include "include/portico/gateway_config.h"

namespace portico {

// The connections of one worker and what goes with them.
template <typename Address>
struct WorkerFamilyTables {
  ConnectionTable<Address> connections;
  SnatPorts<Address> snat;
  SnatUsage snat_usage;
  TcpSequences sequences;

  WorkerFamilyTables(const GatewayConfig& config, WorkerId worker, std::uint16_t workers,
                     int socket)
      : connections(config.capacity.connections, timeout_ticks(config.timeouts), socket),
        snat(config.snat, config.node_ports, worker, workers),
        sequences(ConnectionEnds::needs_sequences(config.connections) ? config.capacity.connections
                                                                      : 0) {}
};

class Worker {
 public:
  // `exits.workers` and what it points to outlive the worker. Throws std::bad_alloc.
  Worker(WorkerId id, std::uint16_t workers, const GatewayConfig& config, SharedTables& shared,
         Exits exits, std::vector<OutboxRing*> outboxes, int socket, std::uint64_t seed);

  // One round at the time `now`. Returns whether there was anything to do.
  bool poll(Instant now) noexcept;

  WorkerId id() const noexcept { return id_; }
  Mailbox& mailbox() noexcept { return mailbox_; }
  const WorkerCounts& counts() const noexcept { return counts_; }
  const StageCycles& cycles() const noexcept { return cycles_; }
  const EndpointUsage& usage() const noexcept { return usage_; }
  HandOverRing& hand_over_ring() noexcept { return *exits_.workers[id_.value]; }

  // The worker's own tables: in the worker's thread, or through the mailbox, only.
  template <typename Address>
  WorkerFamilyTables<Address>& tables() noexcept {
    if constexpr (Address::kFamily == Family::kIpv4) {
      return v4_;
    } else {
      return v6_;
    }
  }
  template <typename Address>
  void erase(ConnectionRef ref) noexcept;
  Instant now() const noexcept { return context_.now; }  // of the last round
  const StageContext& context() const noexcept { return context_; }

 private:
  // So many bursts a round for each that was received in the last one: enough to catch up after a
  // pause, and not so many that a worker that is behind only works for one that is not.
  static constexpr std::size_t kTakenForEach = 2;

  bool receive() noexcept;
  bool take_handed_over() noexcept;
  bool send_outbox(OutboxRing& outbox) noexcept;
  void process() noexcept;

  const WorkerId id_;
  WorkerFamilyTables<Ipv4Address> v4_;
  WorkerFamilyTables<Ipv6Address> v6_;
  EndpointUsage usage_;
  NewConnections new_connections_;
  WorkerCounts counts_;
  StageCycles cycles_;
  Mailbox mailbox_;
  Fragmenter fragmenter_;
  Exits exits_;
  const std::vector<OutboxRing*> outboxes_;  // of the slow path and the kernel; the first worker's
  StageContext context_;
  ConnectionEnds ends_;
  std::size_t received_ = 0;  // bursts, in the last round
  Burst burst_;
  Burst whole_;  // packets that fragments of burst_ have completed
};

}  // namespace portico
