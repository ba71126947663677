#include "dataplane/io/ethdev_io.h"

#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "dataplane/io/checksum_offload.h"
#include "dataplane/io/frame.h"
#include "dataplane/io/packet_memory.h"

namespace portico {
namespace {

// Whether the port takes the frame as it is, or as it is now.
bool is_in_one_piece(rte_mbuf* mbuf) noexcept {
  return mbuf->nb_segs == 1 || rte_pktmbuf_linearize(mbuf) == 0;
}

// Of few frames, where there are any; so not within the loops that all go through.
[[gnu::noinline]] void note_missing_checksums(Burst& burst) noexcept {
  for (Packet& packet : burst) {
    rte_mbuf* const mbuf = mbuf_of(packet);
    packet.checksum_missing = may_lack_checksum(mbuf->ol_flags) && lacks_checksum(mbuf);
  }
}

[[gnu::noinline]] void supply_checksums(const Device& device, std::uint16_t queue,
                                        rte_mbuf* const* mbufs, std::size_t count) noexcept {
  for (std::size_t i = 0; i < count; ++i) {
    if (!may_lack_checksum(mbufs[i]->ol_flags)) continue;
    leave_checksum_to_device(mbufs[i], device.sends_checksums, device.id, queue);
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<EthdevIo>> EthdevIo::open(const GatewayConfig& config,
                                                         std::uint16_t workers) {
  std::unique_ptr<EthdevIo> io(new EthdevIo);
  for (std::uint16_t worker = 0; worker < workers; ++worker) {
    auto made = Reassembler::create(config.fragments, absl::StrCat("fragments_", worker), -1);
    if (!made.ok()) return made.status();
    io->reassemblers_.push_back(*std::move(made));
  }
  if (absl::Status status = io->open_ports(config, workers); !status.ok()) return status;
  return io;
}

EthdevIo::~EthdevIo() {
  for (const Nic& nic : nics_) close_device(nic.device);
  reassemblers_.clear();  // their fragments lie in the pools
  for (const Pool& pool : pools_) rte_mempool_free(pool.mbufs);
}

absl::Status EthdevIo::open_ports(const GatewayConfig& config, std::uint16_t workers) {
  for (const PortConfig& port : config.ports) ports_.push_back({port});
  std::vector<PortConfig> opened;
  std::vector<Device> devices;
  for (const DeviceUse& use : devices_of(config.ports)) {
    if (absl::Status status = open_device(use, config, workers); !status.ok()) return status;
    opened.push_back(use.settings);
    devices.push_back(nics_.back().device);
  }
  wait_for_links(opened, devices);
  return absl::OkStatus();
}

absl::Status EthdevIo::open_device(const DeviceUse& use, const GatewayConfig& config,
                                   std::uint16_t workers) {
  auto attached = attach_device(use.settings, workers);
  if (!attached.ok()) return attached.status();
  for (const std::size_t port : use.ports) ports_[port].nic = nics_.size();
  Nic& nic = nics_.emplace_back();
  nic.device = *attached;
  nic.first = {static_cast<std::uint16_t>(use.ports.front())};
  auto pool = pool_on(attached->socket, config, workers);
  if (!pool.ok()) return pool.status();
  if (absl::Status status = start_device(use.settings, workers, *pool, nic.device); !status.ok()) {
    return status;
  }
  assign_queues(nic, workers);
  return absl::OkStatus();
}

absl::StatusOr<rte_mempool*> EthdevIo::pool_on(int socket, const GatewayConfig& config,
                                               std::uint16_t workers) {
  for (const Pool& pool : pools_) {
    if (pool.socket == socket) return pool.mbufs;
  }
  const std::string name = absl::StrCat("portico_packets_", socket + 1);  // -1: no NUMA node
  const std::uint32_t buffers = packet_buffers(config, workers);
  rte_mempool* const mbufs = rte_pktmbuf_pool_create_by_ops(
      name.c_str(), buffers, kPoolCache, kFramePrivateSize,
      static_cast<std::uint16_t>(packet_buffer_size(config) + RTE_PKTMBUF_HEADROOM), socket,
      "ring_mt_rts");
  if (mbufs == nullptr) {
    return absl::ResourceExhaustedError(absl::StrCat("no memory for ", buffers,
                                                     " packet buffers on NUMA node ", socket, ": ",
                                                     rte_strerror(rte_errno)));
  }
  pools_.push_back({socket, mbufs});
  return mbufs;
}

void EthdevIo::assign_queues(Nic& nic, std::uint16_t workers) {
  const std::size_t shift = nic.device.rx_queues == workers ? 0 : nic.first.value;
  nic.rx_queue_of.assign(workers, kNoQueue);
  for (std::uint16_t queue = 0; queue < nic.device.rx_queues; ++queue) {
    nic.rx_queue_of[(shift + queue) % workers] = queue;
  }
  if (nic.device.tx_queues < workers) nic.tx_locks = std::make_unique<Lock[]>(nic.device.tx_queues);
}

PortInfo EthdevIo::describe(PortId id) const {
  const Port& port = ports_[id.value];
  const Device& device = nic_of(id).device;
  PortInfo info;
  info.id = id;
  info.name = port.config.name;
  info.device = port.config.device;
  info.driver = device.driver;
  info.mac = device.mac;
  for (const InterfaceAddress& a : port.config.addresses) {
    info.addresses.push_back(absl::StrCat(a.address.to_string(), "/", a.prefix_length));
  }
  info.uplink = port.config.uplink;
  info.downlink = port.config.downlink;
  rte_eth_link link{};
  info.link_up =
      rte_eth_link_get_nowait(device.id, &link) == 0 && link.link_status == RTE_ETH_LINK_UP;
  info.mtu = port.config.mtu;
  info.vlan = port.config.vlan;
  info.rx_queues = device.rx_queues;
  rte_eth_stats stats{};
  if (rte_eth_stats_get(device.id, &stats) == 0) {
    info.rx_packets = stats.ipackets;
    info.rx_bytes = stats.ibytes;
    info.rx_missed = stats.imissed + stats.ierrors + stats.rx_nombuf;
    info.tx_packets = stats.opackets;
    info.tx_bytes = stats.obytes;
  }
  return info;
}

void EthdevIo::receive(WorkerId worker, PortId id, Burst& burst) noexcept {
  burst.count = 0;
  const Nic& nic = nic_of(id);
  const std::uint16_t queue = nic.rx_queue_of[worker.value];
  if (queue == kNoQueue || id != nic.first) return;
  rte_mbuf* mbufs[kBurstSize];
  burst.count = rte_eth_rx_burst(nic.device.id, queue, mbufs, kBurstSize);
  std::uint64_t flags = 0;
  for (std::size_t i = 0; i < burst.count; ++i) {
    rte_prefetch0(rte_pktmbuf_mtod(mbufs[i], void*));
    mbufs[i]->port = id.value;
    mbufs[i]->hash.usr = 0;
    if (mbufs[i]->nb_segs > 1) pull_up_headers(mbufs[i]);
    describe_frame(mbufs[i], burst.packets[i]);
    flags |= mbufs[i]->ol_flags;
  }
  if (may_lack_checksum(flags)) note_missing_checksums(burst);
}

std::size_t EthdevIo::send(WorkerId worker, PortId id, Packet* const* packets,
                           std::size_t count) noexcept {
  const Nic& nic = nic_of(id);
  const auto queue = static_cast<std::uint16_t>(worker.value % nic.device.tx_queues);
  Lock* const lock = nic.tx_locks == nullptr ? nullptr : &nic.tx_locks[queue];
  std::size_t sent = 0;
  while (sent < count) {
    rte_mbuf* mbufs[kBurstSize];
    const std::size_t some = std::min(count - sent, kBurstSize);
    std::size_t ready = 0;
    std::uint64_t flags = 0;
    for (; ready < some; ++ready) {
      write_back(*packets[sent + ready]);
      mbufs[ready] = mbuf_of(*packets[sent + ready]);
      if (!nic.device.sends_pieces && !is_in_one_piece(mbufs[ready])) break;
      flags |= mbufs[ready]->ol_flags;
    }
    if (may_lack_checksum(flags)) supply_checksums(nic.device, queue, mbufs, ready);
    if (lock != nullptr) rte_spinlock_lock(&lock->word);
    const std::size_t taken =
        rte_eth_tx_burst(nic.device.id, queue, mbufs, static_cast<std::uint16_t>(ready));
    if (lock != nullptr) rte_spinlock_unlock(&lock->word);
    sent += taken;
    if (taken < some) break;
  }
  return sent;
}

void EthdevIo::free(Packet* const* packets, std::size_t count) noexcept {
  for (std::size_t done = 0; done < count;) {
    rte_mbuf* mbufs[kBurstSize];
    const std::size_t some = std::min(count - done, kBurstSize);
    for (std::size_t i = 0; i < some; ++i) mbufs[i] = mbuf_of(*packets[done + i]);
    rte_pktmbuf_free_bulk(mbufs, static_cast<unsigned>(some));
    done += some;
  }
}

void EthdevIo::open(void* handle, Packet& packet) noexcept {
  auto* const mbuf = static_cast<rte_mbuf*>(handle);
  rte_prefetch0(rte_pktmbuf_mtod(mbuf, void*));
  describe_frame(mbuf, packet);
  packet.checksum_missing = may_lack_checksum(mbuf->ol_flags);
}

// Another core has written all of it: all that is needed is fetched at once.
void EthdevIo::open_all(void* const* handles, std::size_t count, Burst& burst) noexcept {
  for (std::size_t i = 0; i < count; ++i) fetch_frame(static_cast<rte_mbuf*>(handles[i]));
  PacketIo::open_all(handles, count, burst);
}

void EthdevIo::close(Packet& packet) noexcept {
  write_back(packet);
}

void EthdevIo::complete(Packet& packet) noexcept {
  if (!packet.checksum_missing) return;
  write_back(packet);
  complete_checksum(mbuf_of(packet));
  packet.checksum_missing = false;
}

Reassembly EthdevIo::reassemble(WorkerId worker, Packet& packet, Instant now) noexcept {
  write_back(packet);
  rte_mbuf* whole = nullptr;
  const Reassembly result = reassemblers_[worker.value]->add(packet, mbuf_of(packet), now, whole);
  if (result.joined > 0) describe_frame(whole, packet);
  return result;
}

std::uint32_t EthdevIo::expire_fragments(WorkerId worker, Instant now) noexcept {
  return reassemblers_[worker.value]->expire(now);
}

bool EthdevIo::allocate(std::uint32_t length, Packet& packet) noexcept {
  rte_mbuf* const mbuf = pools_.empty() ? nullptr : rte_pktmbuf_alloc(pools_.front().mbufs);
  if (mbuf == nullptr) return false;
  if (length > rte_pktmbuf_tailroom(mbuf)) {
    rte_pktmbuf_free(mbuf);
    return false;
  }
  mbuf->pkt_len = length;
  mbuf->data_len = static_cast<std::uint16_t>(length);
  mbuf->port = 0;
  mbuf->hash.usr = 0;
  describe_frame(mbuf, packet);
  return true;
}

}  // namespace portico
