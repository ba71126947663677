#include "dataplane/stage/next_hop.h"

#include "dataplane/net/flow_hash.h"
#include "dataplane/net/fragment.h"
#include "dataplane/stage/link_header.h"
#include "dataplane/stage/refuse.h"
#include "dataplane/stage/translation.h"

namespace portico {
namespace {

// The way that earlier packets of the connection in the same direction have found, as long as the
// routes and the neighbors are what they were. Packets of no connection have none, and ICMP errors
// go their own.
template <typename Address>
class Way {
 public:
  Way(const Packet& packet, FamilyTables<Address>& tables) noexcept
      : connection_(packet.connection.found() && !packet.quote.is_error
                        ? &tables.connections[packet.connection]
                        : nullptr),
        direction_(static_cast<std::size_t>(packet.connection.direction)),
        epoch_(tables.way_epoch) {}

  // The next hop's place in the neighbor table, NeighborTable::kNoPlace while it is not known.
  std::uint32_t place() const noexcept {
    const bool is_known = connection_ != nullptr && connection_->way_epoch == epoch_;
    return is_known ? connection_->ways[direction_] : NeighborTable::kNoPlace;
  }
  void learn(std::uint32_t place) noexcept {
    if (connection_ == nullptr) return;
    if (connection_->way_epoch != epoch_) {
      connection_->way_epoch = epoch_;
      connection_->ways[1 - direction_] = NeighborTable::kNoPlace;
    }
    connection_->ways[direction_] = place;
  }
  // It is the way of all connections of the endpoint.
  void learn_for_all(std::uint32_t place, EndpointUsage& usage) const noexcept {
    if (connection_ == nullptr || direction_ != 0) return;
    usage.learn_way(connection_->endpoint_ref, epoch_, place);
  }

 private:
  Connection<Address>* connection_;
  std::size_t direction_;
  std::uint32_t epoch_;
};

// Moves the frame's beginning so that its link header has `size` bytes. False when there is no
// headroom for more of them.
[[gnu::noinline]] bool resize_link_header(Packet& packet, std::uint16_t size) noexcept {
  if (size > packet.l3_offset) {
    const auto more = static_cast<std::uint16_t>(size - packet.l3_offset);
    if (packet.headroom < more) return false;
    packet.prepend(more);
  } else {
    packet.trim_front(static_cast<std::uint16_t>(packet.l3_offset - size));
  }
  packet.l4_offset = static_cast<std::uint16_t>(packet.l4_offset + size - packet.l3_offset);
  packet.l3_offset = size;
  return true;
}

// Gives the frame the link header of `port`, tag or no tag; the destination stays open. False when
// there is no headroom for the tag.
[[gnu::always_inline]] inline bool change_link_header(Packet& packet, std::uint16_t ether_type,
                                                      const Port& port) noexcept {
  const std::uint16_t size = link_header_size(port);
  if (size != packet.l3_offset && !resize_link_header(packet, size)) return false;
  write_link_header(packet.data, port, port.mac, {}, ether_type);
  return true;
}

// Tells the sender, which gets to see the packet as it sent it.
template <typename Address>
void refuse_too_big(Packet& packet, std::uint32_t mtu, StageContext& context) noexcept {
  if (packet.protocol == Ip<Address>::kIcmp) return packet.drop(DropReason::packet_too_big);
  const auto& connection = context.tables<Address>().connections[packet.connection];
  rewrite(headers_of(packet), translation_back(connection, packet.connection.direction));
  refuse_with_error<Address>(packet, DropReason::packet_too_big, IcmpErrors<Address>::too_big(mtu),
                             context);
}

// The highest score for this flow; `wanted(hop)` says which ones count. Null if none does.
template <typename Address, typename Wanted>
const NextHop<Address>* best(const NextHops<Address>& hops, std::uint32_t flow,
                             Wanted&& wanted) noexcept {
  const NextHop<Address>* found = nullptr;
  std::uint32_t highest = 0;
  for (std::size_t i = 0; i < hops.size(); ++i) {
    const std::uint32_t score = next_hop_score(flow, hops[i].gateway, hops[i].port);
    if ((found != nullptr && score <= highest) || !wanted(hops[i])) continue;
    found = &hops[i];
    highest = score;
  }
  return found;
}

// Of equal next hops the flow's own, or while that one does not answer the best of those that do.
template <typename Address>
const NextHop<Address>& choose(const NextHops<Address>& hops, const Packet& packet,
                               const StageContext& context) noexcept {
  if (hops.others.empty()) return hops;
  const std::uint32_t flow = flow_hash<Address>(packet);
  const auto answers = [&](const NextHop<Address>& hop) {
    return context.neighbors.find(hop.port, hop.gateway).has_value();
  };
  const NextHop<Address>* const own = best(hops, flow, [](const auto&) { return true; });
  if (answers(*own)) return *own;
  const NextHop<Address>* const other = best(hops, flow, answers);
  return other != nullptr ? *other : *own;
}

// Lets the packet leave by this port: all but the destination's MAC address is written.
template <typename Address>
[[gnu::always_inline]] inline bool dress(Packet& packet, const Port& out) noexcept {
  Ip<Address>::decrement_ttl(header_at<typename Ip<Address>::Header>(packet.l3()));
  if (change_link_header(packet, Ip<Address>::kEtherType, out)) return true;
  packet.drop(DropReason::packet_too_big);
  return false;
}

void send_to(const Neighbor& neighbor, Packet& packet) noexcept {
  header_at<EthernetHeader>(packet.data).destination = neighbor.mac();
  packet.verdict = Verdict::forward(neighbor.port());
}

template <typename Address>
[[gnu::noinline]] void route(Packet& packet, Way<Address> way, StageContext& context) noexcept {
  const Address destination = destination_of<Address>(packet);
  const NextHops<Address>* hops = context.tables<Address>().routes.find(destination);
  if (hops == nullptr) return packet.drop(DropReason::no_route);
  const NextHop<Address>& hop = choose(*hops, packet, context);
  const Port& out = context.port(hop.port);
  if (packet.ip_length > out.mtu && !may_be_fragmented<Address>(packet, out.mtu)) {
    return refuse_too_big<Address>(packet, out.mtu, context);
  }
  fit_to<Address>(packet, out.mtu);
  packet.next_hop = hop.on_link ? destination : hop.gateway;
  if (!dress<Address>(packet, out)) return;
  const std::uint32_t place = context.neighbors.place_of(out.id, packet.next_hop);
  const std::optional<Neighbor> neighbor = context.neighbors.at(place);
  if (neighbor) {
    way.learn(place);
    if (hops->others.empty()) way.learn_for_all(place, context.usage);
    send_to(*neighbor, packet);
  } else {
    packet.verdict = Verdict::punt(PuntReason::kNeighborMissing, out.id);
  }
}

template <typename Address>
void leave(Packet& packet, StageContext& context) noexcept {
  Way<Address> way(packet, context.tables<Address>());
  if (const std::optional<Neighbor> neighbor = context.neighbors.at(way.place())) {
    const Port& out = context.port(neighbor->port());
    if (packet.ip_length <= out.mtu && packet.largest_fragment == 0) {
      if (dress<Address>(packet, out)) send_to(*neighbor, packet);
      return;
    }
  }
  route<Address>(packet, way, context);
}

}  // namespace

template <typename Address>
void next_hop(const Batch& packets, StageContext& context) noexcept {
  for (Packet& packet : packets) {
    if (packet.undecided()) leave<Address>(packet, context);
  }
}

template void next_hop<Ipv4Address>(const Batch&, StageContext&) noexcept;
template void next_hop<Ipv6Address>(const Batch&, StageContext&) noexcept;

}  // namespace portico
