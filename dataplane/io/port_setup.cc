#include "dataplane/io/port_setup.h"

#include <net/if.h>
#include <rte_dev.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "dataplane/io/checksum_offload.h"
#include "dataplane/io/device_name.h"
#include "dataplane/io/receive_steering.h"

namespace portico {
namespace {

std::string named(const PortConfig& port) {
  return absl::StrCat("port \"", port.name, "\", device \"", port.device, "\": ");
}

// `error` is a negative errno, as DPDK returns it.
absl::Status refused(const PortConfig& port, absl::string_view what, int error) {
  return absl::InternalError(absl::StrCat(named(port), what, ": ", rte_strerror(-error)));
}

bool unsupported(int result) {
  return result == -ENOTSUP || result == -ENOSYS;
}

absl::Status no_such_interface(const PortConfig& port, absl::string_view interface) {
  return absl::NotFoundError(
      absl::StrCat(named(port), "there is no network interface \"", interface, "\""));
}

// Why the device may not be there, as far as it can be told.
absl::Status not_found(const PortConfig& port) {
  return absl::NotFoundError(absl::StrCat(
      named(port),
      is_pci_address(port.device)
          ? "no DPDK driver has taken it: is it there, and bound to vfio-pci (dpdk-devbind.py)?"
          : "DPDK cannot make it: is the name that of a DPDK driver, followed by a number, are its "
            "arguments right, and are the privileges sufficient?"));
}

// As large as the device must be told: some take a VLAN tag for a part of the packet.
std::uint32_t largest_packet(const PortConfig& port) {
  return port.mtu + (port.vlan ? std::uint32_t{RTE_VLAN_HLEN} : 0);
}

// `key`, of the receive hash, must live until the device is configured.
rte_eth_conf wanted_configuration(const PortConfig& port, const rte_eth_dev_info& info,
                                  std::uint16_t rx_queues, std::uint32_t buffer_size,
                                  std::vector<std::uint8_t>& key) {
  rte_eth_conf wanted{};
  const std::uint32_t most = info.max_mtu > 0 ? info.max_mtu : RTE_ETHER_MTU;
  wanted.rxmode.mtu = std::min(largest_packet(port), most);
  // Frames of several buffers: sent where the device can; received where it needs them.
  wanted.txmode.offloads = info.tx_offload_capa & (RTE_ETH_TX_OFFLOAD_MULTI_SEGS | kTxChecksums);
  wanted.rxmode.offloads = info.rx_offload_capa & kRxChecksums;
  const std::uint32_t frame = wanted.rxmode.mtu + RTE_ETHER_HDR_LEN + RTE_ETHER_CRC_LEN;
  if (info.max_rx_pktlen > 0 && frame > buffer_size) {
    wanted.rxmode.offloads |= info.rx_offload_capa & RTE_ETH_RX_OFFLOAD_SCATTER;
  }
  const std::uint64_t hash = wanted_hash(port, info.flow_type_rss_offloads);
  if (rx_queues > 1 && hash != 0) {
    wanted.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
    wanted.rx_adv_conf.rss_conf.rss_hf = hash;
    wanted.rx_adv_conf.rss_conf.rss_key = key.empty() ? nullptr : key.data();
    wanted.rx_adv_conf.rss_conf.rss_key_len = info.hash_key_size;
  }
  return wanted;
}

absl::Status set_up_queues(const PortConfig& port, rte_mempool* pool, Device& device) {
  std::uint16_t receive = port.queue_depth;
  std::uint16_t transmit = port.queue_depth;
  int result = rte_eth_dev_adjust_nb_rx_tx_desc(device.id, &receive, &transmit);
  if (result < 0) return refused(port, "its queues have no such depth", result);
  const auto socket = static_cast<unsigned>(device.socket);
  for (std::uint16_t queue = 0; queue < device.rx_queues; ++queue) {
    result = rte_eth_rx_queue_setup(device.id, queue, receive, socket, nullptr, pool);
    if (result < 0) return refused(port, "it refuses a receive queue", result);
  }
  for (std::uint16_t queue = 0; queue < device.tx_queues; ++queue) {
    result = rte_eth_tx_queue_setup(device.id, queue, transmit, socket, nullptr);
    if (result < 0) return refused(port, "it refuses a transmit queue", result);
  }
  return absl::OkStatus();
}

// A device that can't be told its MTU may have a sufficient one.
absl::Status set_mtu(const PortConfig& port, const Device& device) {
  int result = rte_eth_dev_set_mtu(device.id, static_cast<std::uint16_t>(largest_packet(port)));
  if (result == 0 || unsupported(result)) return absl::OkStatus();
  if (port.vlan) result = rte_eth_dev_set_mtu(device.id, static_cast<std::uint16_t>(port.mtu));
  if (result == 0) return absl::OkStatus();
  std::uint16_t now = 0;
  if (rte_eth_dev_get_mtu(device.id, &now) == 0 && now >= port.mtu) return absl::OkStatus();
  return refused(port, absl::StrCat("it refuses an MTU of ", port.mtu), result);
}

// A device that keeps its own table works, too: workers hand over.
void set_redirection_table(const PortConfig& port, std::uint16_t workers,
                           const rte_eth_conf& configured, const Device& device) {
  if (configured.rxmode.mq_mode != RTE_ETH_MQ_RX_RSS || device.rx_queues != workers) return;
  rte_eth_dev_info info{};  // some know their table's size when they are configured
  if (rte_eth_dev_info_get(device.id, &info) != 0 || info.reta_size == 0) return;
  const int result = write_redirection_table(device.id, info.reta_size, workers);
  if (result == 0 || unsupported(result)) return;
  spdlog::warn("{}it refuses a redirection table: {}", named(port), rte_strerror(-result));
}

// Frames to the port's own MAC address, broadcast, and multicast: neighbor solicitations for any
// Service address come to a group of their own (RFC 4861 section 2.3). Where the device has no such
// filter, it gets everything, and the stages sort it out.
absl::Status set_filters(const PortConfig& port, Device& device) {
  bool everything = false;
  rte_ether_addr own;
  if (port.mac) {
    std::copy(port.mac->bytes.begin(), port.mac->bytes.end(), own.addr_bytes);
    everything = rte_eth_dev_default_mac_addr_set(device.id, &own) != 0;
  } else if (const int result = rte_eth_macaddr_get(device.id, &own); result != 0) {
    return refused(port, "it has no MAC address", result);
  }
  std::copy(std::begin(own.addr_bytes), std::end(own.addr_bytes), device.mac.bytes.begin());
  if (rte_eth_allmulticast_enable(device.id) != 0) everything = true;
  if (!everything) return absl::OkStatus();
  device.promiscuous = rte_eth_promiscuous_enable(device.id) == 0;
  if (!device.promiscuous) {
    spdlog::warn("{}it has neither a filter for multicast and MAC addresses nor a promiscuous mode",
                 named(port));
  }
  return absl::OkStatus();
}

bool link_up(const Device& device) {
  rte_eth_link link{};
  return rte_eth_link_get_nowait(device.id, &link) == 0 && link.link_status == RTE_ETH_LINK_UP;
}

}  // namespace

absl::StatusOr<Device> attach_device(const PortConfig& port, std::uint16_t workers) {
  const std::string name = device_name(port.device);
  Device device;
  const bool known = rte_eth_dev_get_port_by_name(name.c_str(), &device.id) == 0;
  if (!is_pci_address(port.device)) {
    if (known) {
      return absl::AlreadyExistsError(absl::StrCat(named(port), "another port has this device"));
    }
    // net_af_packet and net_af_xdp take an interface that exists; net_tap makes one.
    const auto interface = device_argument(port.device, "iface");
    if (interface && absl::StartsWith(name, "net_af_") && if_nametoindex(interface->c_str()) == 0) {
      return no_such_interface(port, *interface);
    }
    const int result = rte_dev_probe(device_arguments(port.device, workers, port.mtu).c_str());
    if (result < 0) return not_found(port);
  }
  if (!known && rte_eth_dev_get_port_by_name(name.c_str(), &device.id) != 0) return not_found(port);
  rte_eth_dev_info info{};
  if (const int result = rte_eth_dev_info_get(device.id, &info); result < 0) {
    close_device(device);
    return refused(port, "it tells nothing about itself", result);
  }
  device.driver = info.driver_name;
  device.socket = rte_eth_dev_socket_id(device.id);
  return device;
}

absl::Status start_device(const PortConfig& port, std::uint16_t workers, rte_mempool* pool,
                          Device& device) {
  rte_eth_dev_info info{};
  int result = rte_eth_dev_info_get(device.id, &info);
  if (result < 0) return refused(port, "it tells nothing about itself", result);
  device.rx_queues = std::min(workers, info.max_rx_queues);
  device.tx_queues = std::min(workers, info.max_tx_queues);
  std::vector<std::uint8_t> key = hash_key(info.hash_key_size);
  const rte_eth_conf wanted = wanted_configuration(
      port, info, device.rx_queues,
      static_cast<std::uint32_t>(rte_pktmbuf_data_room_size(pool) - RTE_PKTMBUF_HEADROOM), key);
  device.sends_pieces = (wanted.txmode.offloads & RTE_ETH_TX_OFFLOAD_MULTI_SEGS) != 0;
  device.sends_checksums = wanted.txmode.offloads & kTxChecksums;
  result = rte_eth_dev_configure(device.id, device.rx_queues, device.tx_queues, &wanted);
  if (result < 0) return refused(port, "it refuses its configuration", result);
  if (absl::Status status = set_up_queues(port, pool, device); !status.ok()) return status;
  if (absl::Status status = set_mtu(port, device); !status.ok()) return status;
  result = rte_eth_dev_start(device.id);
  if (result < 0) return refused(port, "it does not start", result);
  set_redirection_table(port, workers, wanted, device);
  return set_filters(port, device);
}

void close_device(const Device& device) {
  rte_eth_dev_info info{};
  const bool known = rte_eth_dev_info_get(device.id, &info) == 0;
  if (device.promiscuous) rte_eth_promiscuous_disable(device.id);  // a kernel interface stays
  rte_eth_dev_stop(device.id);
  rte_eth_dev_close(device.id);
  if (known && info.device != nullptr) rte_dev_remove(info.device);
}

void wait_for_links(const std::vector<PortConfig>& ports, const std::vector<Device>& devices) {
  using std::chrono::steady_clock;
  const auto end = steady_clock::now() + std::chrono::seconds(3);
  for (std::size_t i = 0; i < devices.size(); ++i) {
    while (!link_up(devices[i]) && steady_clock::now() < end) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    if (!link_up(devices[i])) spdlog::warn("{}its link is down", named(ports[i]));
  }
}

}  // namespace portico
