#pragma once

// What TCP, UDP and SCTP differ in as far as connections go.

#include "dataplane/net/sctp.h"
#include "dataplane/packet/packet.h"
#include "dataplane/state/sctp_state.h"
#include "dataplane/state/tcp_state.h"

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

// The state of a connection that its first packet makes.
constexpr ConnectionState first_state(Protocol protocol) noexcept {
  switch (protocol) {
    case Protocol::kTcp:
      return ConnectionState::kSynSent;
    case Protocol::kSctp:
      return ConnectionState::kSctpCookieWait;
    default:
      return ConnectionState::kUdpUnreplied;
  }
}

// The state after `packet`, whose connection has been found or made.
inline ConnectionState next_state(ConnectionState state, const Packet& packet) noexcept {
  const Direction direction = packet.connection.direction;
  switch (packet.protocol) {
    case Protocol::kTcp:
      return next_tcp_state(state, direction, packet.tcp_flags);
    case Protocol::kSctp:
      return next_sctp_state(state, direction, packet.sctp_chunks);
    default:
      return direction == Direction::kReply ? ConnectionState::kUdpReplied : state;
  }
}

}  // namespace portico
