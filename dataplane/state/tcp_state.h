#pragma once

// The states of a TCP connection as a NAT in the middle sees them, after Linux'
// nf_conntrack_proto_tcp.c, and the states of UDP and SCTP beside them: each state is a class of
// timeouts. Tracking is liberal: nothing is declared invalid that the two ends might still
// understand. What could be forged changes little instead: nobody who only pretends to be the
// client brings a connection out of the unanswered states, and whose packets change any other is
// for witness.h to judge.

#include <array>
#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"
#include "dataplane/packet/packet.h"
#include "include/portico/gateway_config.h"

namespace portico {

enum class ConnectionState : std::uint8_t {
  kUdpUnreplied,
  kUdpReplied,
  kUdpStream,    // the client has gone on after an answer, see kUdpProbe
  kSynSent,      // SYN from the client
  kSynReceived,  // SYN/ACK from the endpoint
  kEstablished,
  kFinWait,            // FIN from the client
  kCloseWait,          // that FIN acknowledged
  kEndpointFinWait,    // FIN from the endpoint
  kEndpointCloseWait,  // that FIN acknowledged
  kLastAck,            // FIN from the other end
  kTimeWait,           // that FIN acknowledged
  kClose,              // RST from the client
  kReset,      // RST from the endpoint; or from the client before the connection was established
  kMidstream,  // ACK from the client where no connection was, or in RESET; no answer yet
  // SCTP: see sctp_state.h.
  kSctpClosed,
  kSctpCookieWait,
  kSctpCookieEchoed,
  kSctpEstablished,
  kSctpShutdownSent,
  kSctpShutdownReceived,
  kSctpShutdownAckSent,
  kSctpHeartbeatSent,
};
inline constexpr std::size_t kConnectionStateCount = 23;

// The order in which connections make room for new ones when the table is full; of one class the
// oldest goes first.
enum class Room : std::uint8_t {
  kRefused,     // refused, or given up: sent SYN and RST in turns keep no place
  kUnanswered,  // there on the word of the client's packets alone, whose sources may be forged:
                // what a flood fills a table with, since honest endpoints answer each SYN
  kOver,        // both ends are through with it, as Linux' tcp_can_early_drop has it; or one answer
                // was all, as UDP's to a query (there: not IPS_ASSURED)
  kNever,
};
constexpr Room room_of(ConnectionState state) noexcept {
  switch (state) {
    case ConnectionState::kReset:
    case ConnectionState::kSctpClosed:
      return Room::kRefused;
    case ConnectionState::kUdpUnreplied:
    case ConnectionState::kSynSent:
    case ConnectionState::kSynReceived:
    case ConnectionState::kMidstream:
    case ConnectionState::kSctpCookieWait:
    case ConnectionState::kSctpCookieEchoed:
    case ConnectionState::kSctpHeartbeatSent:
      return Room::kUnanswered;
    case ConnectionState::kUdpReplied:
    case ConnectionState::kLastAck:
    case ConnectionState::kTimeWait:
    case ConnectionState::kClose:
    case ConnectionState::kSctpShutdownAckSent:
      return Room::kOver;
    default:
      return Room::kNever;
  }
}

// The states that a predicate holds for, as a set to be asked without a branch.
template <typename Holds>
constexpr std::uint32_t states_that(Holds holds) noexcept {
  std::uint32_t states = 0;
  for (unsigned state = 0; state < kConnectionStateCount; ++state) {
    if (holds(static_cast<ConnectionState>(state))) states |= 1u << state;
  }
  return states;
}

// Whether a connection in this state is there on the client's word alone, or has been refused.
constexpr bool is_unanswered(ConnectionState state) noexcept {
  constexpr std::uint32_t kUnanswered =
      states_that([](ConnectionState one) { return room_of(one) <= Room::kUnanswered; });
  return (kUnanswered >> static_cast<unsigned>(state) & 1u) != 0;
}

// Whether a connection in this state makes room for others when the table is full.
constexpr bool makes_room(ConnectionState state) noexcept {
  constexpr std::uint32_t kMakeRoom =
      states_that([](ConnectionState one) { return room_of(one) != Room::kNever; });
  return (kMakeRoom >> static_cast<unsigned>(state) & 1u) != 0;
}

// Whether each packet puts off the end of a connection. Not in the unanswered states of TCP and
// SCTP: who goes on sending SYNs keeps no place by it. UDP may go one way for good.
constexpr bool is_put_off_by_packets(ConnectionState state) noexcept {
  return state == ConnectionState::kUdpUnreplied || !is_unanswered(state);
}

// "SYN_SENT", "ESTABLISHED", "UNREPLIED", ...
absl::string_view to_string(ConnectionState state) noexcept;

inline constexpr std::uint8_t kTcpFin = 0x01;
inline constexpr std::uint8_t kTcpSyn = 0x02;
inline constexpr std::uint8_t kTcpRst = 0x04;
inline constexpr std::uint8_t kTcpPsh = 0x08;
inline constexpr std::uint8_t kTcpAck = 0x10;

// Whether a packet with these flags may open a connection: SYN without ACK, RST or FIN.
constexpr bool opens_connection(std::uint8_t tcp_flags) noexcept {
  return (tcp_flags & (kTcpSyn | kTcpAck | kTcpRst | kTcpFin)) == kTcpSyn;
}

// Whether a SYN in this state begins a new connection on the same tuple (RFC 9293 section 3.6.1).
// Not in CLOSE and RESET: the RST may have been forged, and then the connection must keep its way;
// a new one begins on the same way, when the endpoint agrees.
constexpr bool may_be_reopened(ConnectionState state) noexcept {
  return state == ConnectionState::kTimeWait;
}

// The state after a packet with `tcp_flags` that goes in `direction` and is believed. One lookup in
// a table.
ConnectionState next_tcp_state(ConnectionState state, Direction direction,
                               std::uint8_t tcp_flags) noexcept;

// The timeout of each state, in ticks of kTick, indexed by ConnectionState.
using TimeoutTicks = std::array<std::uint32_t, kConnectionStateCount>;
TimeoutTicks timeout_ticks(const TimeoutConfig& config);

}  // namespace portico
