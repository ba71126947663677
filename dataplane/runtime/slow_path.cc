#include "dataplane/runtime/slow_path.h"

#include "dataplane/net/ip.h"
#include "dataplane/net/parse.h"

namespace portico {
namespace {

constexpr unsigned kRingCapacity = 4095;
constexpr unsigned kOutboxCapacity = 1023;
// How often time passes for the neighbors, whose deadlines are seconds.
constexpr Duration kTickInterval = std::chrono::milliseconds(10);

// The target link-layer address of an advertisement, RFC 4861 section 4.4, whose options
// answer_link() has checked; absent, the frame's source has to do (section 7.2.5 allows to leave
// the option out of answers to unicast solicitations).
MacAddress mac_of(const Packet& packet) {
  const std::uint32_t end = packet.l3_offset + packet.ip_length;
  std::uint32_t at = packet.l4_offset + std::uint32_t{sizeof(NeighborMessage)};
  while (at + sizeof(LinkLayerOption) <= end) {
    const auto& option = header_at<LinkLayerOption>(packet.data + at);
    if (option.type == kTargetLinkLayer) return option.mac;
    if (option.length == 0) break;
    at += option.length * 8u;
  }
  return header_at<EthernetHeader>(packet.data).source;
}

}  // namespace

SlowPath::SlowPath(SharedTables& shared, PacketIo& io)
    : shared_(shared),
      ring_("slow-path", kRingCapacity, -1),
      outbox_("outbox", kOutboxCapacity, -1),
      exits_(io, outbox_, counts_),
      neighbors_(shared.ports, shared.neighbors, exits_) {}

bool SlowPath::poll(Instant now) {
  std::array<PuntedPacket, kBurstSize> punted;
  const std::size_t count = ring_.pop(punted.data(), punted.size());
  bool removed = false;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    now_ = now;
    for (std::size_t i = 0; i < count; ++i) take(punted[i], now);
    for (const KernelNeighbor& neighbor : std::exchange(mirrored_, {})) {
      removed |= take_over(neighbor, now);
    }
    if (now >= next_tick_) {
      next_tick_ = now + kTickInterval;
      removed |= neighbors_.tick(now);
    }
  }
  if (removed) {
    shared_.rcu.synchronize();
    shared_.neighbors.release();
  }
  return count > 0;
}

void SlowPath::take(const PuntedPacket& punted, Instant now) {
  counts_.received.add(1);
  Packet packet;
  exits_.io().open(punted.handle, packet);
  switch (punted.reason) {
    case PuntReason::kNeighborMissing:
      return neighbors_.wait(packet, punted.port, punted.next_hop, now);
    case PuntReason::kNeighborMessage:
      learn_from(packet, punted.port, now);
      return pass_on(punted, packet, now);
    case PuntReason::kForKernel:  // has a ring of its own
      return exits_.free(packet);
  }
}

void SlowPath::pass_on(const PuntedPacket& answer, Packet& packet, Instant now) {
  if (kernel_ == nullptr || !shared_.ports[answer.port.value].kernel) return exits_.free(packet);
  if (!admits(answer.port, packet, now)) {
    return exits_.drop(packet, DropReason::kernel_rate_limited);
  }
  if (!kernel_->push({packet.handle, {}, PuntReason::kForKernel, answer.port})) {
    return exits_.drop(packet, DropReason::kernel_queue_full);
  }
  counts_.punted.add(1);
}

// An ARP reply or a neighbor advertisement, which parse() has seen as such before.
bool SlowPath::admits(PortId port, const Packet& answer, Instant now) {
  Packet packet = answer;
  const Port& in = shared_.ports[port.value];
  parse_frame(packet, {in.mac, in.vlan});
  if (packet.is_ip) {
    return shared_.kernel.admit(port, KernelTraffic::kRouting, source_of<Ipv6Address>(packet), true,
                                now);
  }
  const auto& arp = header_at<ArpPacket>(packet.l3());
  const auto sender = Ipv4Address::from_bytes(arp.sender_ip.data());
  return shared_.kernel.admit(port, KernelTraffic::kRouting, sender, true, now);
}

void SlowPath::learn_from(const Packet& message, PortId port, Instant now) {
  Packet packet = message;
  const Port& in = shared_.ports[port.value];
  parse_frame(packet, {in.mac, in.vlan});  // again: what stages found out does not travel
  if (!packet.undecided()) return;
  if (packet.is_ip) {
    const auto& advertisement = header_at<NeighborMessage>(packet.l4());
    neighbors_.learn(port, Ipv6Address::from_bytes(advertisement.target.data()), mac_of(packet),
                     now);
  } else {
    const auto& arp = header_at<ArpPacket>(packet.l3());
    neighbors_.learn(port, Ipv4Address::from_bytes(arp.sender_ip.data()), arp.sender_mac, now);
  }
}

void SlowPath::mirror(const std::vector<KernelNeighbor>& neighbors) {
  const std::lock_guard<std::mutex> lock(mutex_);
  mirrored_.insert(mirrored_.end(), neighbors.begin(), neighbors.end());
}

// Returns whether an entry was removed from the table.
bool SlowPath::take_over(const KernelNeighbor& neighbor, Instant now) {
  for (const Port& port : shared_.ports) {
    if (port.name != neighbor.port) continue;
    switch (neighbor.state) {
      case KernelNeighbor::State::kReachable:
        neighbors_.hint(port.id, neighbor.address, neighbor.mac, now);
        return false;
      case KernelNeighbor::State::kPermanent:
        neighbors_.set_permanent(port.id, neighbor.address, neighbor.mac, now);
        return false;
      case KernelNeighbor::State::kGone:
        return neighbors_.end_permanence(port.id, neighbor.address, now);
    }
  }
  return false;
}

void SlowPath::keep_neighbors(const std::vector<std::pair<PortId, IpAddress>>& neighbors) {
  const std::lock_guard<std::mutex> lock(mutex_);
  neighbors_.keep(neighbors, now_);
}

std::vector<NeighborInfo> SlowPath::neighbors() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return neighbors_.list(now_);
}

}  // namespace portico
