#pragma once

// Theory of operation. What workers can't decide at once goes through a bounded ring to the slow
// path, a thread beside the workers: packets whose next hop has no MAC address yet, and the
// neighbors' answers. What it sends leaves by the outbox of the first worker, so ports have no
// other users than workers. Nothing waits for the slow path; when its ring is full, packets are
// dropped with that reason.

#include <mutex>

#include "dataplane/runtime/neighbor_resolver.h"
#include "dataplane/runtime/shared_tables.h"
#include "include/portico/kernel_change.h"

namespace portico {

class SlowPath {
 public:
  SlowPath(SharedTables& shared, PacketIo& io);

  PuntRing& ring() noexcept { return ring_; }        // workers push
  OutboxRing& outbox() noexcept { return outbox_; }  // the first worker pops
  const WorkerCounts& counts() const noexcept { return counts_; }

  // From now on neighbors' answers, once learned from, go on to the kernel: where a port has a
  // kernel interface, the kernel resolves for itself.
  void share_answers_with(PuntRing& kernel) { kernel_ = &kernel; }

  // Takes what has come, and lets time pass for the neighbors. Returns whether anything had come.
  bool poll(Instant now);

  // From any thread. What the kernel knows of neighbors; taken over with the next poll().
  void mirror(const std::vector<KernelNeighbor>& neighbors);
  // From any thread. See NeighborResolver::keep().
  void keep_neighbors(const std::vector<std::pair<PortId, IpAddress>>& neighbors);
  // From any thread.
  std::vector<NeighborInfo> neighbors();

 private:
  bool take_over(const KernelNeighbor& neighbor, Instant now);
  void take(const PuntedPacket& punted, Instant now);
  void learn_from(const Packet& packet, PortId port, Instant now);
  void pass_on(const PuntedPacket& answer, Packet& packet, Instant now);
  bool admits(PortId port, const Packet& answer, Instant now);

  SharedTables& shared_;
  WorkerCounts counts_;
  PuntRing ring_;
  OutboxRing outbox_;
  SlowPathExits exits_;
  PuntRing* kernel_ = nullptr;
  std::mutex mutex_;  // neighbors_: the slow path's thread, and who lists them
  NeighborResolver neighbors_;
  std::vector<KernelNeighbor> mirrored_;  // waits for poll(); mutex_
  Instant now_;
  Instant next_tick_;
};

}  // namespace portico
