#include "dataplane/io/packet_memory.h"

#include <rte_ether.h>
#include <rte_mbuf.h>

#include <algorithm>

namespace portico {
namespace {

// Of each worker: its ring for hand-over (4095), the rings to and from the slow path, and the
// queues of unresolved neighbors.
constexpr std::uint32_t kWaiting = 10'240;

}  // namespace

std::uint32_t packet_buffers(const GatewayConfig& config, std::uint16_t workers) {
  std::uint32_t buffers = 0;
  for (const PortConfig& port : config.ports) {
    buffers += 2U * workers * port.queue_depth;  // receive and transmit
  }
  // A pool's cache may grow to one and a half times its size; the control thread has one, too.
  return buffers + (workers + 1U) * (kPoolCache * 3 / 2) + workers * kWaiting;
}

std::uint16_t packet_buffer_size(const GatewayConfig& config) {
  std::uint32_t size = RTE_MBUF_DEFAULT_DATAROOM;
  for (const PortConfig& port : config.ports) {
    size = std::max(size, port.mtu + RTE_ETHER_HDR_LEN + RTE_ETHER_CRC_LEN + RTE_VLAN_HLEN);
  }
  return static_cast<std::uint16_t>(
      std::min<std::uint32_t>(size, UINT16_MAX - RTE_PKTMBUF_HEADROOM));
}

std::size_t packet_memory(const GatewayConfig& config, std::uint16_t workers) {
  // The mbuf, its headroom, the mempool's header and its ring's place.
  constexpr std::size_t kOverhead =
      sizeof(rte_mbuf) + RTE_PKTMBUF_HEADROOM + sizeof(rte_mempool_objhdr) + 64 + sizeof(void*);
  return std::size_t{packet_buffers(config, workers)} * (packet_buffer_size(config) + kOverhead);
}

}  // namespace portico
