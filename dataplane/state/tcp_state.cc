#include "dataplane/state/tcp_state.h"

#include <algorithm>
#include <array>

#include "dataplane/state/ticks.h"

namespace portico {
namespace {

// What a packet means to the state table.
enum class FlagClass : std::uint8_t { kSyn, kSynAck, kAck, kFin, kRst, kOther };
constexpr std::size_t kFlagClasses = 6;
constexpr std::size_t kFlagCombinations = 32;  // of FIN, SYN, RST, PSH, ACK

// RST decides before all else (RFC 9293 section 3.10.7.4, second check), then SYN, FIN, ACK. SYN
// with FIN, FIN without ACK, and no flag of these at all, is nothing that a TCP sends.
constexpr FlagClass classify(std::size_t flags) noexcept {
  const bool ack = (flags & kTcpAck) != 0;
  if ((flags & kTcpRst) != 0) return FlagClass::kRst;
  if ((flags & kTcpSyn) != 0 && (flags & kTcpFin) != 0) return FlagClass::kOther;
  if ((flags & kTcpSyn) != 0) return ack ? FlagClass::kSynAck : FlagClass::kSyn;
  if ((flags & kTcpFin) != 0) return ack ? FlagClass::kFin : FlagClass::kOther;
  return ack ? FlagClass::kAck : FlagClass::kOther;
}

constexpr auto kClassOfFlags = [] {
  std::array<FlagClass, kFlagCombinations> classes{};
  for (std::size_t flags = 0; flags < classes.size(); ++flags) classes[flags] = classify(flags);
  return classes;
}();

constexpr auto kFirst = static_cast<std::size_t>(ConnectionState::kSynSent);
constexpr std::size_t kTcpStates =
    static_cast<std::size_t>(ConnectionState::kMidstream) + 1 - kFirst;
using Row = std::array<ConnectionState, kTcpStates>;
using Table = std::array<std::array<Row, kFlagClasses>, 2>;

constexpr auto kSs = ConnectionState::kSynSent;
constexpr auto kSr = ConnectionState::kSynReceived;
constexpr auto kEs = ConnectionState::kEstablished;
constexpr auto kFw = ConnectionState::kFinWait;
constexpr auto kCw = ConnectionState::kCloseWait;
constexpr auto kEf = ConnectionState::kEndpointFinWait;
constexpr auto kEc = ConnectionState::kEndpointCloseWait;
constexpr auto kLa = ConnectionState::kLastAck;
constexpr auto kTw = ConnectionState::kTimeWait;
constexpr auto kCl = ConnectionState::kClose;
constexpr auto kRs = ConnectionState::kReset;
constexpr auto kMs = ConnectionState::kMidstream;

// [direction][flag class][state].
//
// What makes no sense keeps the state: whatever we can't place is for the two ends to accept or to
// refuse, and a forged packet should change as little as possible.
constexpr Table kNext = {{
    {{
        // From the client. Columns: the present state.
        // SS   SR   ES   FW   CW   EF   EC   LA   TW   CL   RS   MS
        // SYN: retransmitted, or a restarted client's, which the endpoint answers with a challenge
        // ACK, so that the client resets the old connection (RFC 9293 section 3.5.1, RFC 5961
        // section 4). Only a finished connection begins anew (RFC 9293 section 3.6.1). In CLOSE and
        // RESET the endpoint has to agree, by a SYN/ACK: RST and SYN may both be forged, and who
        // sends them in turns keeps no place in a full table.
        {kSs, kSr, kEs, kFw, kCw, kEf, kEc, kLa, kSs, kCl, kRs, kSs},
        // SYN/ACK: simultaneous open, when the endpoint has sent its own SYN (SR, see below). In
        // SYN_SENT there is no SYN that it could acknowledge: the wrong direction.
        {kSs, kSr, kEs, kFw, kCw, kEf, kEc, kLa, kTw, kCl, kRs, kMs},
        // ACK: the third packet of the handshake opens. In SYN_SENT it is left over from an older
        // connection; the endpoint will reset it. After the endpoint's FIN it acknowledges that, or
        // may: to guess costs no more than another timeout. In CLOSE it says that the RST was not
        // believed: a forged one, whose sequence number was near and yet wrong (RFC 5961 section
        // 3.2). If it was believed, this ACK is answered by another RST. In RESET the endpoint has
        // to confirm it, which nobody can forge: MIDSTREAM.
        {kSs, kEs, kEs, kFw, kCw, kEc, kEc, kTw, kTw, kEs, kMs, kMs},
        // FIN: also as the first packet after SYN/ACK (its ACK opens, its FIN closes at once). Only
        // after the endpoint's it is the second, which leads to LAST_ACK. In TIME_WAIT it is the
        // retransmitted last one.
        {kSs, kFw, kFw, kFw, kCw, kLa, kLa, kLa, kTw, kCl, kRs, kMs},
        // RST: the client gives up, in any state (RFC 9293 section 3.5.3).
        {kRs, kRs, kCl, kCl, kCl, kCl, kCl, kCl, kCl, kCl, kRs, kRs},
        // Other: nothing.
        {kSs, kSr, kEs, kFw, kCw, kEf, kEc, kLa, kTw, kCl, kRs, kMs},
    }},
    {{
        // From the endpoint.
        // SS   SR   ES   FW   CW   EF   EC   LA   TW   CL   RS   MS
        // SYN: in SYN_SENT simultaneous open (RFC 9293 section 3.5, figure 7): both ends are in
        // SYN-RECEIVED then. Endpoints open no connection to a client through the gateway, so a
        // finished one does not begin anew from here.
        {kSr, kSr, kEs, kFw, kCw, kEf, kEc, kLa, kTw, kCl, kRs, kMs},
        // SYN/ACK: the second packet of the handshake, or a retransmission of it. In CLOSE the
        // client has begun anew; in RESET that, or the endpoint has not believed its RST.
        {kSr, kSr, kEs, kFw, kCw, kEf, kEc, kLa, kTw, kSr, kSr, kSr},
        // ACK: in SYN_SENT a challenge to a SYN for a half-open connection (RFC 9293 section
        // 3.5.1), in SYN_RECEIVED premature data or the challenge to a second SYN: only the client
        // proves by its ACK that it has seen the endpoint's SYN. After the client's FIN it
        // acknowledges that, or may. In RESET the challenge to a RST (RFC 5961 section 3.2). In
        // MIDSTREAM both ends know the connection.
        {kSs, kSr, kEs, kCw, kCw, kEf, kEc, kTw, kTw, kEs, kRs, kEs},
        // FIN: an endpoint may close in SYN-RECEIVED already (RFC 9293 section 3.10.4).
        {kSs, kEf, kEf, kLa, kLa, kEf, kEc, kLa, kTw, kCl, kRs, kEf},
        // RST: refused in SYN_SENT, given up elsewhere: endpoints are at downlinks, their packets
        // are not forged from outside. The client may begin anew on the same tuple at once.
        {kRs, kRs, kRs, kRs, kRs, kRs, kRs, kRs, kRs, kRs, kRs, kRs},
        // Other: nothing.
        {kSs, kSr, kEs, kFw, kCw, kEf, kEc, kLa, kTw, kCl, kRs, kMs},
    }},
}};

// Which end closed first is told by the order of packets, not by the name of a state.
constexpr std::array<const char*, kConnectionStateCount> kNames = {
    "UNREPLIED",     "REPLIED",           "STREAM",        "SYN_SENT",    "SYN_RECEIVED",
    "ESTABLISHED",   "FIN_WAIT",          "CLOSE_WAIT",    "FIN_WAIT",    "CLOSE_WAIT",
    "LAST_ACK",      "TIME_WAIT",         "CLOSE",         "RESET",       "MIDSTREAM",
    "CLOSED",        "COOKIE_WAIT",       "COOKIE_ECHOED", "ESTABLISHED", "SHUTDOWN_SENT",
    "SHUTDOWN_RECD", "SHUTDOWN_ACK_SENT", "HEARTBEAT_SENT"};

// Rounded up, so that no connection ends before its time; at least one tick, and less than half of
// what 32 bits hold, so that ages compare through the wrap.
std::uint32_t to_timeout(Duration duration) noexcept {
  constexpr Duration::rep kLongest = std::int64_t{1} << 30;
  const Duration::rep ticks = duration / kTick + (duration % kTick > Duration(0) ? 1 : 0);
  return static_cast<std::uint32_t>(std::clamp<Duration::rep>(ticks, 1, kLongest));
}

}  // namespace

absl::string_view to_string(ConnectionState state) noexcept {
  return kNames[static_cast<std::size_t>(state)];
}

ConnectionState next_tcp_state(ConnectionState state, Direction direction,
                               std::uint8_t tcp_flags) noexcept {
  const FlagClass flags = kClassOfFlags[tcp_flags % kFlagCombinations];
  return kNext[static_cast<std::size_t>(direction)][static_cast<std::size_t>(flags)]
              [static_cast<std::size_t>(state) - kFirst];
}

TimeoutTicks timeout_ticks(const TimeoutConfig& config) {
  TimeoutTicks ticks{};
  const auto set = [&ticks](ConnectionState state, Duration duration) {
    ticks[static_cast<std::size_t>(state)] = to_timeout(duration);
  };
  set(ConnectionState::kUdpUnreplied, config.udp_unreplied);
  set(ConnectionState::kUdpReplied, config.udp_replied);
  set(ConnectionState::kUdpStream, config.udp_stream);
  set(ConnectionState::kSynSent, config.tcp_syn_sent);
  set(ConnectionState::kSynReceived, config.tcp_syn_received);
  set(ConnectionState::kEstablished, config.tcp_established);
  set(ConnectionState::kFinWait, config.tcp_fin_wait);
  set(ConnectionState::kCloseWait, config.tcp_close_wait);
  set(ConnectionState::kEndpointFinWait, config.tcp_fin_wait);
  set(ConnectionState::kEndpointCloseWait, config.tcp_close_wait);
  set(ConnectionState::kLastAck, config.tcp_last_ack);
  set(ConnectionState::kTimeWait, config.tcp_time_wait);
  set(ConnectionState::kClose, config.tcp_close);
  set(ConnectionState::kReset, config.tcp_close);
  // As after the endpoint's SYN and ACK: one answer is missing.
  set(ConnectionState::kMidstream, config.tcp_syn_received);
  set(ConnectionState::kSctpClosed, config.sctp_closed);
  set(ConnectionState::kSctpCookieWait, config.sctp_cookie_wait);
  set(ConnectionState::kSctpCookieEchoed, config.sctp_cookie_echoed);
  set(ConnectionState::kSctpEstablished, config.sctp_established);
  set(ConnectionState::kSctpShutdownSent, config.sctp_shutdown_sent);
  set(ConnectionState::kSctpShutdownReceived, config.sctp_shutdown_received);
  set(ConnectionState::kSctpShutdownAckSent, config.sctp_shutdown_ack_sent);
  set(ConnectionState::kSctpHeartbeatSent, config.sctp_heartbeat_sent);
  return ticks;
}

}  // namespace portico
