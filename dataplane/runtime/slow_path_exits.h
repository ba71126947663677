#pragma once

#include "dataplane/packet/packet_io.h"
#include "dataplane/runtime/ring.h"
#include "dataplane/runtime/worker_counts.h"

namespace portico {

// Where packets can go from the slow path: out by a port, in the hands of a worker, or nowhere.
class SlowPathExits {
 public:
  SlowPathExits(PacketIo& io, OutboxRing& outbox, WorkerCounts& counts)
      : io_(io), outbox_(outbox), counts_(counts) {}

  PacketIo& io() noexcept { return io_; }

  void send(Packet& packet, PortId port) noexcept {
    io_.close(packet);
    if (outbox_.push(OutgoingPacket{packet.handle, port})) {
      counts_.sent.add(1);
    } else {
      drop(packet, DropReason::slow_path_full);
    }
  }
  void drop(Packet& packet, DropReason reason) noexcept {
    counts_.drop(reason);
    free(packet);
  }
  // A packet that has been read, and is needed no more.
  void free(Packet& packet) noexcept {
    Packet* const packets[] = {&packet};
    io_.free(packets, 1);
  }

 private:
  PacketIo& io_;
  OutboxRing& outbox_;
  WorkerCounts& counts_;
};

}  // namespace portico
