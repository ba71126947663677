#include "dataplane/runtime/kernel_path.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "dataplane/net/ip.h"
#include "dataplane/net/parse.h"
#include "dataplane/stage/link_header.h"
#include "dataplane/state/tcp_state.h"

namespace portico {
namespace {

constexpr unsigned kRingCapacity = 2047;
constexpr unsigned kOutboxCapacity = 511;
constexpr std::size_t kLongestFrame = 65535 + sizeof(EthernetHeader) + sizeof(VlanTag);
constexpr std::size_t kMacs = 2 * sizeof(MacAddress);

// What an answer to this packet would carry.
template <typename Address>
Tuple<Address> answer_tuple(const Packet& packet) {
  return {destination_of<Address>(packet), source_of<Address>(packet), packet.destination_port,
          packet.source_port, packet.protocol};
}

// A SYN and a RST are also what the kernel sends to any stranger.
bool shows_a_conversation(const Packet& packet) {
  return packet.protocol == Protocol::kUdp ||
         (packet.protocol == Protocol::kTcp && (packet.tcp_flags & (kTcpSyn | kTcpRst)) == 0);
}

}  // namespace

KernelPath::KernelPath(SharedTables& shared, PacketIo& io, KernelPorts& kernel)
    : shared_(shared),
      io_(io),
      kernel_(kernel),
      port_counts_(shared.ports.size()),
      ring_("to-kernel", kRingCapacity, -1),
      outbox_("from-kernel", kOutboxCapacity, -1),
      frame_(kLongestFrame) {}

bool KernelPath::poll(Instant) {
  bool busy = give_to_kernel();
  for (const Port& port : shared_.ports) {
    if (port.kernel) busy |= take_from_kernel(port);
  }
  return busy;
}

bool KernelPath::give_to_kernel() {
  std::array<PuntedPacket, kBurstSize> punted;
  const std::size_t count = ring_.pop(punted.data(), punted.size());
  for (std::size_t i = 0; i < count; ++i) {
    Packet packet;
    io_.open(punted[i].handle, packet);
    io_.complete(packet);
    counts_.received.add(1);
    give(packet, punted[i].port);
  }
  return count > 0;
}

// The tag goes: the addresses move to where it ended.
void KernelPath::give(Packet& packet, PortId id) {
  const auto& ethernet = header_at<EthernetHeader>(packet.data);
  if (ethernet.ether_type.host() == kEtherTypeVlan) {  // parse() has seen all of the tag
    std::memmove(packet.data + sizeof(VlanTag), packet.data, kMacs);
    packet.trim_front(sizeof(VlanTag));
  }
  const std::uint8_t* frame = packet.data;
  if (packet.rest != nullptr) {
    if (packet.length > frame_.size()) return drop(packet, DropReason::packet_too_big);
    copy_bytes(packet, 0, packet.length, frame_.data());
    frame = frame_.data();
  }
  if (!kernel_.give(id, frame, packet.length)) {
    return drop(packet, DropReason::kernel_queue_full);
  }
  counts_.sent.add(1);
  port_counts_[id.value].to_kernel.add(1);
  Packet* const packets[] = {&packet};
  io_.free(packets, 1);
}

bool KernelPath::take_from_kernel(const Port& port) {
  const std::size_t most = std::min<std::size_t>(kFrames, outbox_.room());
  for (std::size_t i = 0; i < most; ++i) {
    const std::size_t length = kernel_.take(port.id, frame_.data(), frame_.size());
    if (length == 0) return i > 0;
    counts_.received.add(1);
    port_counts_[port.id.value].from_kernel.add(1);
    note_conversation(length);
    send(port, length);
  }
  return most > 0;
}

// The frame in hand, with the port's tag.
void KernelPath::send(const Port& port, std::size_t length) {
  if (length < sizeof(EthernetHeader)) return counts_.drop(DropReason::ethernet_truncated);
  const std::size_t tag = link_header_size(port) - sizeof(EthernetHeader);
  Packet packet;
  if (!io_.allocate(static_cast<std::uint32_t>(length + tag), packet)) {
    return counts_.drop(DropReason::packet_too_big);
  }
  const auto& ethernet = header_at<EthernetHeader>(frame_.data());
  write_link_header(packet.data, port, ethernet.source, ethernet.destination,
                    ethernet.ether_type.host());
  std::memcpy(packet.data + link_header_size(port), frame_.data() + sizeof(EthernetHeader),
              length - sizeof(EthernetHeader));
  io_.close(packet);
  if (!outbox_.push({packet.handle, port.id})) {
    return drop(packet, DropReason::kernel_queue_full);
  }
  counts_.sent.add(1);
}

void KernelPath::note_conversation(std::size_t length) {
  Packet packet;
  packet.data = frame_.data();
  packet.length = static_cast<std::uint32_t>(length);
  packet.contiguous = packet.length;
  if (length < sizeof(EthernetHeader)) return;
  parse_frame(packet, {header_at<EthernetHeader>(packet.data).destination, std::nullopt});
  if (!packet.undecided() || !packet.is_ip || !shows_a_conversation(packet)) return;
  if (packet.family == Family::kIpv4) {
    shared_.kernel.note_sent(answer_tuple<Ipv4Address>(packet));
  } else {
    shared_.kernel.note_sent(answer_tuple<Ipv6Address>(packet));
  }
}

void KernelPath::drop(Packet& packet, DropReason reason) {
  counts_.drop(reason);
  Packet* const packets[] = {&packet};
  io_.free(packets, 1);
}

}  // namespace portico
