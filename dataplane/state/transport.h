#pragma once

// What TCP, UDP and SCTP differ in as far as connections go.

#include "dataplane/net/sctp.h"
#include "dataplane/packet/packet.h"
#include "dataplane/state/sctp_state.h"
#include "dataplane/state/tcp_state.h"
#include "dataplane/state/ticks.h"
#include "dataplane/state/witness.h"

namespace portico {

// Whether the packet may open a connection.
constexpr bool opens_connection(const Packet& packet) noexcept {
  switch (packet.protocol) {
    case Protocol::kTcp:
      return opens_connection(packet.tcp_flags);
    case Protocol::kSctp:
      return packet.sctp_chunks == kSctpInit;
    default:
      return true;
  }
}

// Whether the packet may be one of a connection that is known at both ends and not to us, as Linux'
// nf_conntrack_tcp_loose takes it: a bare ACK; of SCTP data or a heartbeat and nothing else.
constexpr bool may_be_picked_up(const Packet& packet) noexcept {
  switch (packet.protocol) {
    case Protocol::kTcp:
      return (packet.tcp_flags & (kTcpSyn | kTcpRst | kTcpFin | kTcpAck)) == kTcpAck;
    case Protocol::kSctp:
      return packet.sctp_chunks != 0 &&
             (packet.sctp_chunks & ~(kSctpData | kSctpHeartbeat | kSctpHeartbeatAck)) == 0;
    default:
      return false;
  }
}

// The state of a connection that its first packet makes.
constexpr ConnectionState first_state(const Packet& packet) noexcept {
  const bool begins = opens_connection(packet);
  switch (packet.protocol) {
    case Protocol::kTcp:
      return begins ? ConnectionState::kSynSent : ConnectionState::kMidstream;
    case Protocol::kSctp:
      return begins ? ConnectionState::kSctpCookieWait : ConnectionState::kSctpHeartbeatSent;
    default:
      return ConnectionState::kUdpUnreplied;
  }
}

// What follows asks packets of connections that have been found or made; `kProtocol` is theirs.

// Whether a packet may change its connection, see witness.h.
template <Protocol kProtocol>
bool is_believed(ConnectionState state, std::uint16_t witness, const Packet& packet) noexcept {
  if (packet.connection.direction == Direction::kReply) return true;
  if constexpr (kProtocol == Protocol::kTcp) {
    return tcp::is_believed(state, witness, packet);
  } else {
    return kProtocol != Protocol::kSctp || sctp::is_believed(witness, packet);
  }
}

// The witness after a packet that was believed and has led from `before` to `after`.
template <Protocol kProtocol>
std::uint16_t next_witness(ConnectionState before, ConnectionState after, std::uint16_t witness,
                           const Packet& packet) noexcept {
  if constexpr (kProtocol == Protocol::kTcp) {
    return tcp::next_witness(before, after, witness, packet);
  } else if constexpr (kProtocol == Protocol::kSctp) {
    return sctp::next_witness(before, witness, packet);
  } else {
    return witness;
  }
}

// A UDP connection whose client goes on for so long after the beginning, having been answered, is
// more than a query (Linux' nf_conntrack_udp_packet): two seconds, in ticks.
inline constexpr std::uint32_t kUdpProbe = std::chrono::seconds(2) / kTick;

// The witness of a connection that begins at `now`, in ticks. Of UDP, which has nothing that only
// the two ends know, it is that time.
constexpr std::uint16_t first_witness(Protocol protocol, std::uint32_t now) noexcept {
  return protocol == Protocol::kUdp ? static_cast<std::uint16_t>(now) : std::uint16_t{0};
}

// The answer makes a query answered; the client's next word makes it a stream, when it comes late
// enough. Ages compare modulo 17 minutes: past that another packet may be needed.
inline ConnectionState next_udp_state(ConnectionState state, Direction direction,
                                      std::uint16_t began, std::uint32_t now) noexcept {
  if (state == ConnectionState::kUdpStream) return state;
  if (direction == Direction::kReply) return ConnectionState::kUdpReplied;
  const bool goes_on = static_cast<std::uint16_t>(now - began) >= kUdpProbe;
  return state == ConnectionState::kUdpReplied && goes_on ? ConnectionState::kUdpStream : state;
}

// The state after a packet that is believed.
template <Protocol kProtocol>
ConnectionState next_state(ConnectionState state, std::uint16_t witness, const Packet& packet,
                           std::uint32_t now) noexcept {
  const Direction direction = packet.connection.direction;
  if constexpr (kProtocol == Protocol::kTcp) {
    return next_tcp_state(state, direction, packet.tcp_flags);
  } else if constexpr (kProtocol == Protocol::kSctp) {
    return next_sctp_state(state, direction, packet.sctp_chunks);
  } else {
    return next_udp_state(state, direction, witness, now);
  }
}

}  // namespace portico
