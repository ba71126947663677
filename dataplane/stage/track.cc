#include "dataplane/stage/track.h"

#include "dataplane/state/transport.h"

namespace portico {
namespace {

void count(std::uint32_t& packets) noexcept {
  packets += packets != 0xffffffff;
}

}  // namespace

template <typename Address>
void track(const Batch& packets, StageContext& context) noexcept {
  auto& connections = context.tables<Address>().connections;
  const std::uint32_t now = to_ticks(context.now);
  for (Packet& packet : packets) {
    if (!packet.undecided() || packet.quote.is_error) continue;
    Connection<Address>& connection = connections[packet.connection];
    connections.touch(packet.connection, next_state(connection.state, packet), now);
    count(packet.connection.direction == Direction::kOriginal ? connection.packets_original
                                                              : connection.packets_reply);
    context.usage.packet(connection.endpoint_ref, packet.connection.direction, packet.ip_length);
  }
}

template void track<Ipv4Address>(const Batch&, StageContext&) noexcept;
template void track<Ipv6Address>(const Batch&, StageContext&) noexcept;

}  // namespace portico
