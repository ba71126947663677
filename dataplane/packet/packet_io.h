#pragma once

#include <cstddef>
#include <cstdint>

#include "dataplane/packet/burst.h"
#include "include/portico/time.h"

namespace portico {

// What came of a fragment.
struct Reassembly {
  std::uint16_t joined = 0;   // not 0: a packet is whole, of so many fragments
  std::uint16_t dropped = 0;  // given up, with it or before it, for this reason
  DropReason reason{};
  std::uint16_t evicted = 0;  // given up to make room: fragment_table_full
};

// Where packets come from and go to: io/ implements it over DPDK's ports, the packet tests over
// plain memory. Called once a burst, never once a packet. One object serves all threads; a call
// names the worker on whose behalf it is made, and calls of different workers don't disturb each
// other.
class PacketIo {
 public:
  virtual ~PacketIo() = default;

  virtual std::size_t port_count() const noexcept = 0;

  // Fills `burst` with what has arrived at `port` for `worker`; sets the packets' io fields and
  // clears all others. The packets are the caller's until it sends or frees them.
  virtual void receive(WorkerId worker, PortId port, Burst& burst) noexcept = 0;

  // Takes the packets and sends them in order. Returns how many of the first were taken; the others
  // stay the caller's (the transmit queue is full).
  virtual std::size_t send(WorkerId worker, PortId port, Packet* const* packets,
                           std::size_t count) noexcept = 0;

  virtual void free(Packet* const* packets, std::size_t count) noexcept = 0;

  // Makes a packet out of a handle that travelled through a ring: sets the io fields, clears all
  // others.
  virtual void open(void* handle, Packet& packet) noexcept = 0;
  // The same for up to kBurstSize of them, which become the burst.
  virtual void open_all(void* const* handles, std::size_t count, Burst& burst) noexcept {
    for (std::size_t i = 0; i < count; ++i) open(handles[i], burst.packets[i]);
    burst.count = count;
  }
  // Writes what stages changed (beginning and length of the frame) back into the handle, so that
  // it can travel through a ring.
  virtual void close(Packet& packet) noexcept = 0;
  // Writes the checksum that is missing (Packet::checksum_missing), if it is, for whoever reads the
  // bytes. Otherwise send() sees to it.
  virtual void complete(Packet& packet) noexcept = 0;

  // Takes a fragment (Verdict::reassemble()) from the caller, and keeps it until its packet is
  // whole or given up. If `joined` says so, `packet` has become the whole packet, as if it had been
  // received just now.
  virtual Reassembly reassemble(WorkerId worker, Packet& packet, Instant now) noexcept = 0;
  // Gives up fragments that have waited too long. Returns how many; bounded work.
  virtual std::uint32_t expire_fragments(WorkerId worker, Instant now) noexcept = 0;

  // A new frame of `length` bytes, contents undefined; false when there is no memory for it.
  virtual bool allocate(std::uint32_t length, Packet& packet) noexcept = 0;
};

}  // namespace portico
