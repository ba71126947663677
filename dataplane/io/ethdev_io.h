#pragma once

// Theory of operation
//
// PacketIo over DPDK's ethdev: real NICs and virtual ones. A packet's `handle` is its rte_mbuf; the
// mbuf's `port` is the PortId, so that a handle that comes out of a ring still knows it.
//
// Queues: each port has a receive and a transmit queue for each worker, if the device has as many.
//
//   receive   Queue q is worker q's. A device with fewer queues than there are workers leaves some
//             workers nothing to poll on that port: its queue q is polled by worker
//             (port + q) % workers, so that single-queue ports spread over the workers. What
//             another worker owns is handed over, as always.
//   transmit  Worker w sends by queue w % queues. Where workers share a queue, a spinlock guards
//             it, for as long as a burst takes.
//
// Ports that share a device, each with a VLAN of its own: the device is opened once. What it
// receives comes in by the first of them (stage/parse.h finds the right one by the tag); what is
// sent by any leaves by it. Its counters are those of all of them.
//
// Memory: one pool of mbufs for each NUMA node that has a port, with enough of them for every queue
// and ring of the gateway. It is a ring that a preempted thread can't block (RTS, see rte_ring.h),
// as the control threads take and return mbufs, too.
//
// Pieces: a frame may lie in several mbufs. Its headers are made contiguous when it arrives, all
// else stays where it is; a device that can't send frames in pieces gets them in one.
//
// Checksums: see checksum_offload.h.
//
// All is constant after open(), but for the locks.

#include <rte_spinlock.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "dataplane/io/devices.h"
#include "dataplane/io/port_setup.h"
#include "dataplane/io/reassembler.h"
#include "dataplane/packet/packet_io.h"
#include "include/portico/data_plane.h"
#include "include/portico/gateway_config.h"

struct rte_mempool;

namespace portico {

class EthdevIo : public PacketIo {
 public:
  // Opens and starts all ports of the configuration, or none. Errors as in io/port_setup.h, and
  // ResourceExhausted when there is no memory for packets. Requires that EAL runs.
  static absl::StatusOr<std::unique_ptr<EthdevIo>> open(const GatewayConfig& config,
                                                        std::uint16_t workers);
  // Stops and closes all ports. No other call may be under way, and all packets that are kept are
  // lost.
  ~EthdevIo() override;
  EthdevIo(const EthdevIo&) = delete;
  EthdevIo& operator=(const EthdevIo&) = delete;

  // What the device knows and the configuration says, with its counters as of now. Any thread.
  PortInfo describe(PortId port) const;
  const MacAddress& mac(PortId port) const { return nic_of(port).device.mac; }

  std::size_t port_count() const noexcept override { return ports_.size(); }
  void receive(WorkerId worker, PortId port, Burst& burst) noexcept override;
  std::size_t send(WorkerId worker, PortId port, Packet* const* packets,
                   std::size_t count) noexcept override;
  void free(Packet* const* packets, std::size_t count) noexcept override;
  void open(void* handle, Packet& packet) noexcept override;
  void open_all(void* const* handles, std::size_t count, Burst& burst) noexcept override;
  void close(Packet& packet) noexcept override;
  void complete(Packet& packet) noexcept override;
  Reassembly reassemble(WorkerId worker, Packet& packet, Instant now) noexcept override;
  std::uint32_t expire_fragments(WorkerId worker, Instant now) noexcept override;
  bool allocate(std::uint32_t length, Packet& packet) noexcept override;

 private:
  static constexpr std::uint16_t kNoQueue = 0xffff;

  struct alignas(64) Lock {
    rte_spinlock_t word = RTE_SPINLOCK_INITIALIZER;
  };
  struct Nic {
    Device device;
    PortId first;                            // of its ports
    std::vector<std::uint16_t> rx_queue_of;  // worker -> queue or kNoQueue
    std::unique_ptr<Lock[]> tx_locks;        // of each queue; null: no queue is shared
  };
  struct Port {
    PortConfig config;
    std::size_t nic = 0;  // index into nics_
  };

  EthdevIo() = default;

  struct Pool {
    int socket;
    rte_mempool* mbufs;
  };

  absl::Status open_ports(const GatewayConfig& config, std::uint16_t workers);
  absl::Status open_device(const DeviceUse& use, const GatewayConfig& config,
                           std::uint16_t workers);
  absl::StatusOr<rte_mempool*> pool_on(int socket, const GatewayConfig& config,
                                       std::uint16_t workers);
  void assign_queues(Nic& nic, std::uint16_t workers);
  const Nic& nic_of(PortId port) const noexcept { return nics_[ports_[port.value].nic]; }

  std::vector<Port> ports_;  // by PortId
  std::vector<Nic> nics_;
  std::vector<Pool> pools_;                                 // the first one is also the slow path's
  std::vector<std::unique_ptr<Reassembler>> reassemblers_;  // by WorkerId
};

}  // namespace portico
