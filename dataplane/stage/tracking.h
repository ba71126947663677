#pragma once

// What one packet does to its connection.

#include "dataplane/net/headers.h"
#include "dataplane/stage/context.h"
#include "dataplane/state/transport.h"

namespace portico {

// The sequence number that follows the packet's.
inline std::uint32_t sequence_after(const Packet& packet) noexcept {
  const std::uint32_t data =
      packet.ip_length - (packet.payload_offset - std::uint32_t{packet.l3_offset});
  const std::uint32_t flags =
      ((packet.tcp_flags & kTcpSyn) != 0 ? 1u : 0u) + ((packet.tcp_flags & kTcpFin) != 0 ? 1u : 0u);
  return header_at<TcpHeader>(packet.l4()).sequence.host() + data + flags;
}

// Notes the sequence number of a TCP packet that is believed, for the resets that end a connection.
// Not of resets: theirs may be anything. While nobody has answered, the client's last word counts;
// later a SYN of its side may be anybody's.
template <typename Address>
void note_sequence(const Packet& packet, const Connection<Address>& connection,
                   TcpSequences& sequences) noexcept {
  if ((packet.tcp_flags & kTcpRst) != 0) return;
  const bool is_syn = (packet.tcp_flags & kTcpSyn) != 0;
  const bool original = packet.connection.direction == Direction::kOriginal;
  const bool opens = is_unanswered(connection.state);
  if (original && is_syn && !opens) return;
  const bool first = original ? opens : is_syn || connection.packets[1] == 0;
  sequences.note(packet.connection, sequence_after(packet), first);
}

// One step of the connection's state. Requires a packet of a connection that is no ICMP error, and
// of this protocol. `now` is in ticks.
template <Protocol kProtocol, typename Address>
[[gnu::always_inline]] inline void step(const Packet& packet, Connection<Address>& connection,
                                        FamilyTables<Address>& tables, std::uint32_t now) noexcept {
  const ConnectionState before = connection.state;
  const std::uint16_t witness = connection.witness;
  if (!is_believed<kProtocol>(before, witness, packet)) return;
  if constexpr (kProtocol == Protocol::kTcp) {
    if (tables.sequences.kept()) note_sequence(packet, connection, tables.sequences);
  }
  const ConnectionState after = next_state<kProtocol>(before, witness, packet, now);
  connection.witness = next_witness<kProtocol>(before, after, witness, packet);
  tables.connections.touch(connection, after, now);
}

// Counts a packet of the connection.
template <typename Address>
void count(Connection<Address>& connection, Direction direction) noexcept {
  std::uint32_t& packets = connection.packets[static_cast<std::size_t>(direction)];
  ++packets;
  packets -= packets == 0;
}

}  // namespace portico
