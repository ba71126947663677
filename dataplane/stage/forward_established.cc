#include "dataplane/stage/forward_established.h"

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
    for (std::size_t i = 0; i < count_; ++i) {
      if (connections_[i] == connection) return true;
    }
    return false;
  }
  void add(std::uint32_t connection) noexcept { connections_[count_++] = connection; }

 private:
  std::array<std::uint32_t, kBurstSize> connections_;
  std::size_t count_ = 0;
};

// Where packets leave. Many of a burst take the same way.
class Departure {
 public:
  explicit Departure(const StageContext& context) noexcept : context_(context) {}

  // Goes to a place of the neighbor table. False while nobody is known to be there.
  bool go_to(std::uint32_t place) noexcept {
    if (place == place_) return true;
    const std::optional<Neighbor> neighbor = context_.neighbors.at(place);
    if (!neighbor) return false;
    place_ = place;
    port_ = &context_.port(neighbor->port());
    neighbor_ = neighbor->mac();
    link_header_size_ = link_header_size(*port_);
    return true;
  }
  // Whether the packet can leave here in one piece, and without moving its beginning.
  bool takes(const Packet& packet) const noexcept {
    return packet.ip_length <= port_->mtu && packet.l3_offset == link_header_size_;
  }
  void send(Packet& packet, std::uint16_t ether_type) const noexcept {
    write_link_header(packet.data, *port_, port_->mac, neighbor_, ether_type);
    packet.verdict = Verdict::forward(port_->id);
  }

 private:
  const StageContext& context_;
  std::uint32_t place_ = NeighborTable::kNoPlace;
  std::uint16_t link_header_size_ = 0;
  const Port* port_ = nullptr;
  MacAddress neighbor_;
};

// TCP and UDP that came in one piece.
bool is_simple(const Packet& packet) noexcept {
  return (packet.protocol == Protocol::kUdp || packet.protocol == Protocol::kTcp) &&
         packet.largest_fragment == 0;
}

// Whether the packet neither begins nor ends anything.
bool goes_on(const Packet& packet) noexcept {
  constexpr std::uint8_t kDecisive = kTcpSyn | kTcpFin | kTcpRst | kTcpAck;
  return packet.protocol == Protocol::kUdp || (packet.tcp_flags & kDecisive) == kTcpAck;
}

// What stands against the short way of a packet whose connection this is.
template <typename Address>
bool needs_stages(const Packet& packet, const Connection<Address>& connection,
                  const StageContext& context) noexcept {
  const bool is_reply = packet.connection.direction == Direction::kReply;
  return !goes_on(packet) || !context.endpoints.exists(connection.endpoint_ref) ||
         (is_reply && !context.port(packet.in_port).downlink) || Ip<Address>::ttl(packet) <= 1;
}

// False: the packet has to go the long way, and nothing has changed.
template <typename Address>
[[gnu::always_inline]] inline bool forward(Packet& packet, FamilyTables<Address>& tables,
                                           StageContext& context, Departure& departure,
                                           std::uint32_t now) noexcept {
  Connection<Address>& connection = tables.connections[packet.connection];
  const std::uint32_t place =
      connection.ways[static_cast<std::size_t>(packet.connection.direction)];
  const bool knows_way = connection.way_epoch == tables.way_epoch &&
                         place != NeighborTable::kNoPlace && departure.go_to(place);
  if (!knows_way || !departure.takes(packet) || needs_stages(packet, connection, context)) {
    return false;
  }
  track_packet(packet, connection, tables, context.usage, now);
  rewrite_and_pass(headers_of(packet), translation(connection, packet.connection.direction));
  departure.send(packet, Ip<Address>::kEtherType);
  return true;
}

}  // namespace

template <typename Address>
void forward_established(const Batch& packets, StageContext& context) noexcept {
  if (!context.short_way) return;
  auto& tables = context.tables<Address>();
  const std::uint32_t now = to_ticks(context.now);

  std::array<Packet*, kBurstSize> simple;
  std::array<Tuple<Address>, kBurstSize> tuples;
  std::array<typename ConnectionTable<Address>::Lookup, kBurstSize> lookups;
  std::size_t count = 0;
  for (Packet& packet : packets) {
    if (!is_simple(packet)) continue;
    tuples[count] = tuple_of<Address>(packet);
    simple[count++] = &packet;
  }
  tables.connections.begin(tuples.data(), count, lookups.data());

  Departure departure(context);
  Left left;
  for (std::size_t i = 0; i < count; ++i) {
    Packet& packet = *simple[i];
    packet.connection = tables.connections.finish(lookups[i], tuples[i]);
    if (!packet.connection.found()) continue;
    const std::uint32_t connection = packet.connection.index;
    const bool is_forwarded =
        !left.has(connection) && forward(packet, tables, context, departure, now);
    if (!is_forwarded) left.add(connection);
  }
}

template void forward_established<Ipv4Address>(const Batch&, StageContext&) noexcept;
template void forward_established<Ipv6Address>(const Batch&, StageContext&) noexcept;

}  // namespace portico
