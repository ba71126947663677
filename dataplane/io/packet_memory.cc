#include "dataplane/io/packet_memory.h"

#include <rte_ether.h>
#include <rte_mbuf.h>

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "dataplane/io/device_name.h"
#include "dataplane/io/devices.h"
#include "dataplane/io/frame.h"
#include "dataplane/io/reassembler.h"

namespace portico {
namespace {

// Of each worker: its ring for hand-over (4095), the rings to and from the slow path, and the
// queues of unresolved neighbors.
constexpr std::uint32_t kWaiting = 10'240;
// The rings to and from the kernel, if there are kernel interfaces.
constexpr std::uint32_t kWaitingForKernel = 2'560;

}  // namespace

std::uint32_t least_packet_buffers(const GatewayConfig& config, std::uint16_t workers) {
  std::uint32_t buffers = 0;
  for (const DeviceUse& use : devices_of(config.ports)) {
    buffers += 2U * workers * use.settings.queue_depth;  // receive and transmit
  }
  const bool has_kernel =
      std::any_of(config.ports.begin(), config.ports.end(),
                  [](const PortConfig& port) { return port.kernel.has_value(); });
  if (has_kernel) buffers += kWaitingForKernel;
  // A pool's cache may grow to one and a half times its size; the control thread has one, too.
  // Fragments of both families may wait in each worker.
  return buffers + (workers + 1U) * (kPoolCache * 3 / 2) +
         workers * (kWaiting + 2 * config.fragments.capacity);
}

std::uint32_t packet_buffers(const GatewayConfig& config, std::uint16_t workers) {
  return config.packet_buffers.value_or(least_packet_buffers(config, workers));
}

absl::Status check_packet_buffers(const GatewayConfig& config, std::uint16_t workers) {
  const std::uint32_t least = least_packet_buffers(config, workers);
  if (packet_buffers(config, workers) >= least) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("memory.packet_buffers: is ", *config.packet_buffers,
                   ", but the queues of these ports, what ", workers,
                   workers == 1 ? " worker holds" : " workers hold",
                   " and the fragments that may wait need at least ", least));
}

std::uint16_t packet_buffer_size(const GatewayConfig& config) {
  std::uint32_t size = RTE_MBUF_DEFAULT_DATAROOM;
  for (const PortConfig& port : config.ports) {
    size = std::max(size, port.mtu + RTE_ETHER_HDR_LEN + RTE_ETHER_CRC_LEN + RTE_VLAN_HLEN);
    // An af_packet device wants to know that whatever it receives fits.
    if (absl::StartsWith(port.device, "net_af_packet")) {
      size = std::max(size, af_packet_frame_size(port.mtu));
    }
  }
  return static_cast<std::uint16_t>(
      std::min<std::uint32_t>(size, UINT16_MAX - RTE_PKTMBUF_HEADROOM));
}

std::size_t packet_memory(const GatewayConfig& config, std::uint16_t workers) {
  // The mbuf, its headroom, the mempool's header and its ring's place.
  constexpr std::size_t kOverhead = sizeof(rte_mbuf) + kFramePrivateSize + RTE_PKTMBUF_HEADROOM +
                                    sizeof(rte_mempool_objhdr) + 64 + sizeof(void*);
  const std::size_t buffer = packet_buffer_size(config) + kOverhead;
  // Buffers begin anew behind the end of each piece of memory that EAL gives the pool.
  return std::size_t{packet_buffers(config, workers)} * (buffer + buffer / 8) +
         workers * Reassembler::memory(config.fragments);
}

}  // namespace portico
