#include "dataplane/stage/track.h"

#include "dataplane/stage/tracking.h"

namespace portico {

template <typename Address>
void track(const Batch& packets, StageContext& context) noexcept {
  auto& tables = context.tables<Address>();
  const std::uint32_t now = to_ticks(context.now);
  for (Packet& packet : packets) {
    if (!packet.undecided() || packet.quote.is_error) continue;
    track_packet(packet, tables.connections[packet.connection], tables, context.usage, now);
  }
}

template void track<Ipv4Address>(const Batch&, StageContext&) noexcept;
template void track<Ipv6Address>(const Batch&, StageContext&) noexcept;

}  // namespace portico
