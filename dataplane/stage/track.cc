#include "dataplane/stage/track.h"

#include "dataplane/net/headers.h"
#include "dataplane/state/transport.h"

namespace portico {
namespace {

void count(std::uint32_t& packets) noexcept {
  packets += packets != 0xffffffff;
}

// The sequence number that follows the packet's.
std::uint32_t sequence_after(const Packet& packet) noexcept {
  const std::uint32_t data =
      packet.ip_length - (packet.payload_offset - std::uint32_t{packet.l3_offset});
  const std::uint32_t flags =
      ((packet.tcp_flags & kTcpSyn) != 0 ? 1u : 0u) + ((packet.tcp_flags & kTcpFin) != 0 ? 1u : 0u);
  return header_at<TcpHeader>(packet.l4()).sequence.host() + data + flags;
}

// Not of resets: theirs may be anything.
template <typename Address>
void note_sequences(const Batch& packets, FamilyTables<Address>& tables) noexcept {
  for (const Packet& packet : packets) {
    if (!packet.undecided() || packet.protocol != Protocol::kTcp) continue;
    if ((packet.tcp_flags & kTcpRst) != 0) continue;
    const Connection<Address>& connection = tables.connections[packet.connection];
    const bool original = packet.connection.direction == Direction::kOriginal;
    const bool first = (original ? connection.packets_original : connection.packets_reply) == 0 ||
                       (packet.tcp_flags & kTcpSyn) != 0;
    tables.sequences.note(packet.connection, sequence_after(packet), first);
  }
}

}  // namespace

template <typename Address>
void track(const Batch& packets, StageContext& context) noexcept {
  auto& connections = context.tables<Address>().connections;
  if (context.tables<Address>().sequences.kept())
    note_sequences(packets, context.tables<Address>());
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
