#pragma once

// Theory of operation. The exception path: a thread beside the workers and the slow path, between
// the ports and their kernel interfaces.
//
//   to the kernel     workers punt what is the kernel's, within the limits of state/kernel_gate.h,
//                     into a bounded ring. Here the VLAN tag is taken off, and the kernel gets it.
//   from the kernel   frames are taken from each interface in turn, at most kFrames a round, and
//                     never more than the outbox holds: then they wait in the interface's own
//                     queue. They get the port's tag and leave by the outbox, in the first worker's
//                     hands.
//
// Nothing here looks into the packets but to note which conversations the kernel takes part in.

#include <memory>
#include <vector>

#include "dataplane/packet/kernel_ports.h"
#include "dataplane/packet/packet_io.h"
#include "dataplane/runtime/ring.h"
#include "dataplane/runtime/shared_tables.h"
#include "dataplane/runtime/worker_counts.h"

namespace portico {

class KernelPath {
 public:
  static constexpr std::size_t kFrames = 32;

  // Of one port, as the kernel sees it.
  struct PortCounts {
    Counter to_kernel;
    Counter from_kernel;
  };

  KernelPath(SharedTables& shared, PacketIo& io, KernelPorts& kernel);

  PuntRing& ring() noexcept { return ring_; }        // workers and the slow path push
  OutboxRing& outbox() noexcept { return outbox_; }  // the first worker pops
  const WorkerCounts& counts() const noexcept { return counts_; }
  const PortCounts& counts(PortId port) const noexcept { return port_counts_[port.value]; }

  // One round. Returns whether there was anything to do.
  bool poll(Instant now);

 private:
  bool give_to_kernel();
  void give(Packet& packet, PortId port);
  bool take_from_kernel(const Port& port);
  void send(const Port& port, std::size_t length);
  void note_conversation(std::size_t length);
  void drop(Packet& packet, DropReason reason);

  SharedTables& shared_;
  PacketIo& io_;
  KernelPorts& kernel_;
  WorkerCounts counts_;
  std::vector<PortCounts> port_counts_;  // by PortId
  PuntRing ring_;
  OutboxRing outbox_;
  std::vector<std::uint8_t> frame_;  // the one in hand
};

}  // namespace portico
