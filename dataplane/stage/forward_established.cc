#include "dataplane/stage/forward_established.h"

#include <algorithm>
#include <cstring>
#include <memory>

#include "dataplane/net/ip.h"
#include "dataplane/stage/link_header.h"
#include "dataplane/stage/tracking.h"
#include "dataplane/stage/translation.h"
#include "dataplane/stage/tuple_of.h"

namespace portico {
namespace {

// Connections of this burst that wait for the stages after this one.
class Left {
 public:
  bool has(std::uint32_t connection) const noexcept {
    return std::find(connections_.begin(), connections_.begin() + count_, connection) !=
           connections_.begin() + count_;
  }
  bool empty() const noexcept { return count_ == 0; }
  void add(std::uint32_t connection) noexcept {
    connections_[static_cast<std::size_t>(count_++)] = connection;
  }

 private:
  std::array<std::uint32_t, kBurstSize> connections_;
  std::ptrdiff_t count_ = 0;
};

// Where packets leave. Many of a burst take the same way, and all but what they have in front of
// the IP header is the same then.
class Departure {
 public:
  explicit Departure(const StageContext& context) noexcept : context_(context) {}

  // Goes to a place of the neighbor table. False while nobody is known to be there.
  bool go_to(std::uint32_t place, std::uint16_t ether_type) noexcept {
    return place == place_ || look_up(place, ether_type);
  }
  // Whether the packet can leave here in one piece, and without moving its beginning.
  bool takes(const Packet& packet) const noexcept {
    return packet.ip_length <= mtu_ && packet.l3_offset == link_size_;
  }
  void send(Packet& packet) const noexcept {
    std::memcpy(packet.data, link_header_.data(), sizeof(EthernetHeader));
    if (link_size_ > sizeof(EthernetHeader)) {
      std::memcpy(packet.data, link_header_.data(), link_header_.size());
    }
    packet.verdict = verdict_;
  }

 private:
  [[gnu::noinline]] bool look_up(std::uint32_t place, std::uint16_t ether_type) noexcept {
    const std::optional<Neighbor> neighbor = context_.neighbors.at(place);
    if (!neighbor) return false;
    const Port& port = context_.port(neighbor->port());
    write_link_header(link_header_.data(), port, port.mac, neighbor->mac(), ether_type);
    place_ = place;
    mtu_ = port.mtu;
    link_size_ = link_header_size(port);
    verdict_ = Verdict::forward(port.id);
    return true;
  }

  static constexpr std::uint32_t kNowhere = NeighborTable::kNoPlace - 1;  // there is no such place

  const StageContext& context_;
  std::uint32_t place_ = kNowhere;
  std::uint32_t mtu_ = 0;
  std::uint16_t link_size_ = 0;
  Verdict verdict_;
  std::array<std::uint8_t, sizeof(EthernetHeader) + sizeof(VlanTag)> link_header_;
};

// Whether a TCP packet neither begins nor ends anything.
bool goes_on(const Packet& packet) noexcept {
  return (packet.tcp_flags & (kTcpSyn | kTcpFin | kTcpRst | kTcpAck)) == kTcpAck;
}

// What translate and next_hop do to the IP header and the one behind it.
template <Protocol kProtocol, typename Address>
[[gnu::always_inline]] inline void rewrite_headers(Packet& packet,
                                                   const Translation<Address>& to) noexcept {
  auto& ip = header_at<typename Ip<Address>::Header>(packet.l3());
  to.source.copy_to(ip.source.data());
  to.destination.copy_to(ip.destination.data());
  Ip<Address>::decrement_ttl(ip, to.delta.l3);
  rewrite_l4<kProtocol>(packet.l4(), to);
}

// The packets of one protocol, whose connections no packets of the other share.
template <typename Address, Protocol kProtocol>
class ShortWay {
 public:
  explicit ShortWay(StageContext& context) noexcept
      : context_(context),
        tables_(context.tables<Address>()),
        now_(to_ticks(context.now)),
        departure_(context) {}

  // Returns how many packets are of this protocol.
  std::size_t take(const Batch& packets) noexcept {
    auto& connections = tables_.connections;
    std::size_t count = 0;
    for (Packet& packet : packets) {
      if (packet.protocol != kProtocol) continue;
      packets_[count] = &packet;
      // Taken twice: hashed from registers, and stored without reading back what is being stored.
      lookups_[count] = connections.begin(own_tuple_of<Address>(packet));
      std::construct_at(&tuples_[count++], own_tuple_of<Address>(packet));
    }
    for (std::size_t i = 0; i < count; ++i) connections.look(lookups_[i]);
    if (context_.endpoints.size() > kFewEndpoints) {
      for (std::size_t i = 0; i < count; ++i) {
        const Connection<Address>* const candidate = connections.candidate(lookups_[i]);
        if (candidate == nullptr) continue;
        context_.usage.prefetch(candidate->endpoint_ref);
        if (!context_.no_orphans) context_.endpoints.prefetch(candidate->endpoint_ref);
      }
    }
    for (std::size_t i = 0; i < count; ++i) {
      Packet& packet = *packets_[i];
      const ConnectionRef ref = connections.finish(lookups_[i], tuples_[i]);
      packet.connection.index = ref.index;  // apart: together they would first be joined
      packet.connection.direction = ref.direction;
      if (ref.found()) {
        forward_in_turn(packet, ref, kProtocol != Protocol::kTcp || goes_on(packet));
      } else {
        packet.unknown_hash = lookups_[i].hash;
      }
    }
    return count;
  }

  // The same of packets whose connections were made a moment ago, in this burst, and so are neither
  // ended nor begun anew by any of them.
  void take_first(const Batch& packets) noexcept {
    for (Packet& packet : packets) {
      if (packet.protocol != kProtocol || !packet.undecided()) continue;
      forward_in_turn(packet, packet.connection, true);
    }
  }

 private:
  // What so many endpoints count stays in the cache.
  static constexpr std::uint32_t kFewEndpoints = 1024;

  // Unless it may not go, or an earlier packet of its connection was left.
  [[gnu::always_inline]] void forward_in_turn(Packet& packet, ConnectionRef ref,
                                              bool may_go) noexcept {
    const bool is_next = may_go && (left_.empty() || !left_.has(ref.index));
    if (!is_next || !forward(packet, tables_.connections[ref], ref.direction)) left_.add(ref.index);
  }

  // False: the packet has to go the long way, and nothing has changed.
  [[gnu::always_inline]] bool forward(Packet& packet, Connection<Address>& connection,
                                      Direction direction) noexcept {
    const std::uint32_t way = connection.ways[static_cast<std::size_t>(direction)];
    if (connection.way_epoch != tables_.way_epoch ||
        !departure_.go_to(way, Ip<Address>::kEtherType) || !departure_.takes(packet) ||
        needs_stages(packet, connection, direction)) {
      return false;
    }
    step<kProtocol>(packet, connection, tables_, now_);
    count(connection, direction);
    context_.usage.packet(connection.endpoint_ref, direction, packet.ip_length);
    rewrite_headers<kProtocol>(packet, translation(connection, direction));
    departure_.send(packet);
    return true;
  }

  // What else stands against the short way.
  bool needs_stages(const Packet& packet, const Connection<Address>& connection,
                    Direction direction) const noexcept {
    return packet.largest_fragment != 0 || Ip<Address>::ttl(packet) <= 1 ||
           !endpoint_exists(connection) ||
           (direction == Direction::kReply && !context_.port(packet.in_port).downlink);
  }

  bool endpoint_exists(const Connection<Address>& connection) const noexcept {
    return context_.no_orphans || context_.endpoints.exists(connection.endpoint_ref);
  }

  StageContext& context_;
  FamilyTables<Address>& tables_;
  const std::uint32_t now_;
  Departure departure_;
  Left left_;
  std::array<Packet*, kBurstSize> packets_;
  union {  // begin their lives one by one
    Tuple<Address> tuples_[kBurstSize];
  };
  std::array<typename ConnectionTable<Address>::Lookup, kBurstSize> lookups_;
};

template <typename Address, Protocol kFirst, Protocol kSecond>
void take_both(const Batch& packets, StageContext& context) noexcept {
  const std::size_t taken = ShortWay<Address, kFirst>(context).take(packets);
  if (taken < packets.size()) ShortWay<Address, kSecond>(context).take(packets);
}

}  // namespace

template <typename Address>
void forward_established(const Batch& packets, StageContext& context) noexcept {
  if (!context.short_way) return;
  const bool is_udp = packets[0].protocol == Protocol::kUdp;  // and so are all, mostly
  return is_udp ? take_both<Address, Protocol::kUdp, Protocol::kTcp>(packets, context)
                : take_both<Address, Protocol::kTcp, Protocol::kUdp>(packets, context);
}

template <typename Address>
void forward_first(const Batch& packets, StageContext& context) noexcept {
  if (!context.short_way || packets.empty()) return;
  ShortWay<Address, Protocol::kTcp>(context).take_first(packets);
  ShortWay<Address, Protocol::kUdp>(context).take_first(packets);
}

template void forward_first<Ipv4Address>(const Batch&, StageContext&) noexcept;
template void forward_first<Ipv6Address>(const Batch&, StageContext&) noexcept;
template void forward_established<Ipv4Address>(const Batch&, StageContext&) noexcept;
template void forward_established<Ipv6Address>(const Batch&, StageContext&) noexcept;

}  // namespace portico
