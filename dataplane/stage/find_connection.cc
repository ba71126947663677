#include "dataplane/stage/find_connection.h"

#include "dataplane/stage/tuple_of.h"
#include "dataplane/state/transport.h"

namespace portico {
namespace {

template <typename Address>
bool is_over(const Packet& packet, const Connection<Address>& connection,
             const EndpointTable& endpoints) noexcept {
  if (packet.quote.is_error) return false;
  const bool is_orphan = !endpoints.exists(connection.endpoint_ref);
  if (connection.protocol == Protocol::kUdp) return is_orphan;
  const bool begins =
      packet.connection.direction == Direction::kOriginal && opens_connection(packet);
  return begins && (may_be_reopened(connection.state) || is_orphan);
}

// Endpoints are at downlinks. What comes from the clients' side with an endpoint's address is not
// the endpoint's.
bool comes_from_wrong_side(const Packet& packet, const Port& port) noexcept {
  return packet.connection.direction == Direction::kReply && !port.downlink;
}

}  // namespace

template <typename Address>
void find_connection(const Batch& packets, StageContext& context) noexcept {
  std::array<Packet*, kBurstSize> looked_up;
  std::array<Tuple<Address>, kBurstSize> tuples;
  std::array<ConnectionRef, kBurstSize> found;
  std::size_t count = 0;
  for (Packet& packet : packets) {
    const bool has_none = packet.unknown_hash != 0;  // forward_established has looked it up
    if (has_none || !packet.undecided() || !has_tuple<Address>(packet)) continue;
    tuples[count] = tuple_of<Address>(packet);
    looked_up[count++] = &packet;
  }
  if (count == 0) return;
  auto& connections = context.tables<Address>().connections;
  connections.find(tuples.data(), count, found.data());

  for (std::size_t i = 0; i < count; ++i) {
    Packet& packet = *looked_up[i];
    packet.connection = found[i];
    if (!found[i].found()) continue;
    if (comes_from_wrong_side(packet, context.port(packet.in_port))) {
      packet.drop(DropReason::reply_at_uplink);
      continue;
    }
    if (!is_over(packet, connections[found[i]], context.endpoints)) continue;
    // Other packets of the burst may have found it too, earlier ones among them, that came just
    // before the end; the record may soon be another's.
    const std::uint32_t erased = found[i].index;
    context.usage.connection_closed(connections[found[i]].endpoint_ref);
    connections.erase(found[i]);
    for (std::size_t j = 0; j < count; ++j) {
      if (found[j].index != erased) continue;
      found[j] = {};
      looked_up[j]->connection = {};
    }
  }
}

template void find_connection<Ipv4Address>(const Batch&, StageContext&) noexcept;
template void find_connection<Ipv6Address>(const Batch&, StageContext&) noexcept;

}  // namespace portico
