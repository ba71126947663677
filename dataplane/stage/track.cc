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

// Notes the sequence number of a packet that is believed, for the resets that end a connection. Not
// of resets: theirs may be anything. While nobody has answered, the client's last word counts;
// later a SYN of its side may be anybody's.
template <typename Address>
void note_sequence(const Packet& packet, const Connection<Address>& connection,
                   TcpSequences& sequences) noexcept {
  if (packet.protocol != Protocol::kTcp || (packet.tcp_flags & kTcpRst) != 0) return;
  const bool is_syn = (packet.tcp_flags & kTcpSyn) != 0;
  const bool original = packet.connection.direction == Direction::kOriginal;
  const bool opens = is_unanswered(connection.state);
  if (original && is_syn && !opens) return;
  const bool first = original ? opens : is_syn || connection.packets_reply == 0;
  sequences.note(packet.connection, sequence_after(packet), first);
}

}  // namespace

template <typename Address>
void track(const Batch& packets, StageContext& context) noexcept {
  auto& tables = context.tables<Address>();
  const bool keeps_sequences = tables.sequences.kept();
  const std::uint32_t now = to_ticks(context.now);
  for (Packet& packet : packets) {
    if (!packet.undecided() || packet.quote.is_error) continue;
    Connection<Address>& connection = tables.connections[packet.connection];
    const ConnectionState before = connection.state;
    if (is_believed(before, connection.witness, packet)) {
      if (keeps_sequences) note_sequence(packet, connection, tables.sequences);
      const ConnectionState after = next_state(before, connection.witness, packet, now);
      connection.witness = next_witness(before, after, connection.witness, packet);
      tables.connections.touch(packet.connection, after, now);
    }
    count(packet.connection.direction == Direction::kOriginal ? connection.packets_original
                                                              : connection.packets_reply);
    context.usage.packet(connection.endpoint_ref, packet.connection.direction, packet.ip_length);
  }
}

template void track<Ipv4Address>(const Batch&, StageContext&) noexcept;
template void track<Ipv6Address>(const Batch&, StageContext&) noexcept;

}  // namespace portico
