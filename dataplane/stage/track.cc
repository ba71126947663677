#include "dataplane/stage/track.h"

#include "dataplane/stage/tracking.h"

namespace portico {

template <typename Address>
void track(const Batch& packets, StageContext& context) noexcept {
  auto& tables = context.tables<Address>();
  const std::uint32_t now = to_ticks(context.now);
  for (Packet& packet : packets) {
    if (!packet.undecided() || packet.quote.is_error) continue;
    Connection<Address>& connection = tables.connections[packet.connection];
    switch (packet.protocol) {
      case Protocol::kTcp:
        step<Protocol::kTcp>(packet, connection, tables, now);
        break;
      case Protocol::kSctp:
        step<Protocol::kSctp>(packet, connection, tables, now);
        break;
      default:
        step<Protocol::kUdp>(packet, connection, tables, now);
    }
    count(connection, packet.connection.direction);
    if (context.endpoints.exists(connection.endpoint_ref)) {
      context.usage.packet(connection.endpoint_ref, packet.connection.direction, packet.ip_length);
    }
  }
}

template void track<Ipv4Address>(const Batch&, StageContext&) noexcept;
template void track<Ipv6Address>(const Batch&, StageContext&) noexcept;

}  // namespace portico
