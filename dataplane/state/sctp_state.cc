#include "dataplane/state/sctp_state.h"

#include <bit>

#include "dataplane/net/sctp.h"

namespace portico {
namespace {

constexpr auto kFirst = static_cast<std::size_t>(ConnectionState::kSctpClosed);
constexpr std::size_t kStates = kConnectionStateCount - kFirst;

constexpr auto kCl = ConnectionState::kSctpClosed;
constexpr auto kCw = ConnectionState::kSctpCookieWait;
constexpr auto kCe = ConnectionState::kSctpCookieEchoed;
constexpr auto kEs = ConnectionState::kSctpEstablished;
constexpr auto kSs = ConnectionState::kSctpShutdownSent;
constexpr auto kSr = ConnectionState::kSctpShutdownReceived;
constexpr auto kSa = ConnectionState::kSctpShutdownAckSent;
constexpr auto kHs = ConnectionState::kSctpHeartbeatSent;

using Row = std::array<ConnectionState, kStates>;
using Table = std::array<std::array<Row, kSctpChunkKinds>, 2>;

// [direction][chunk, in the order of SctpChunks][state]. What makes no sense keeps the state.
constexpr Table kNext = {{
    {{
        // From the client. Columns: the present state.
        // CL   CW   CE   ES   SS   SR   SA   HS
        // INIT: retransmitted, or begins anew. In an association that lives or shuts down it is a
        // restarted client's (RFC 9260 section 5.2.2), or a forged one: the endpoint judges, its
        // COOKIE ACK says that there is an association. In SHUTDOWN_ACK_SENT it ignores the INIT
        // (section 9.2). After an end it has to agree, by an INIT ACK: who sends INIT and ABORT in
        // turns keeps no place in a full table.
        {kCl, kCw, kCe, kEs, kSs, kSr, kSa, kCw},
        // INIT ACK: the wrong direction, endpoints open nothing.
        {kCl, kCw, kCe, kEs, kSs, kSr, kSa, kHs},
        // COOKIE ECHO.
        {kCl, kCe, kCe, kEs, kSs, kSr, kSa, kHs},
        // COOKIE ACK: the wrong direction.
        {kCl, kCw, kCe, kEs, kSs, kSr, kSa, kHs},
        // HEARTBEAT.
        {kCl, kCw, kCe, kEs, kSs, kSr, kSa, kHs},
        // HEARTBEAT ACK.
        {kCl, kCw, kCe, kEs, kSs, kSr, kSa, kHs},
        // Data: no proof that the endpoint has the association, even after an ABORT.
        {kCl, kCw, kCe, kEs, kSs, kSr, kSa, kHs},
        // SHUTDOWN.
        {kCl, kCw, kCe, kSs, kSs, kSr, kSa, kHs},
        // SHUTDOWN ACK: answers the endpoint's SHUTDOWN, or one that crossed the client's. In what
        // was picked up it proves nothing.
        {kCl, kCw, kCe, kEs, kSa, kSa, kSa, kHs},
        // SHUTDOWN COMPLETE.
        {kCl, kCw, kCe, kEs, kSs, kSr, kCl, kCl},
        // ABORT: in any state, as RST is treated.
        {kCl, kCl, kCl, kCl, kCl, kCl, kCl, kCl},
    }},
    {{
        // From the endpoint.
        // CL   CW   CE   ES   SS   SR   SA   HS
        // CL   CW   CE   ES   SS   SR   SA   HS
        // INIT: endpoints open nothing.
        {kCl, kCw, kCe, kEs, kSs, kSr, kSa, kHs},
        // INIT ACK: of a second INIT, after an ABORT that was not believed.
        {kCw, kCw, kCe, kEs, kSs, kSr, kSa, kHs},
        // COOKIE ECHO: the wrong direction.
        {kCl, kCw, kCe, kEs, kSs, kSr, kSa, kHs},
        // COOKIE ACK: only the endpoint opens, so that no client can fill the table alone. While
        // the association shuts down, the client has restarted.
        {kCl, kCw, kEs, kEs, kEs, kEs, kSa, kHs},
        // HEARTBEAT, HEARTBEAT ACK, data: in CLOSED they say that the ABORT was not believed, since
        // its tag was wrong (section 8.5.1 (B)). If it was, they are answered by another ABORT. So
        // does data (and SACK) after the client's SHUTDOWN; if that was believed, the client sends
        // it again in answer to the data (section 9.2).
        {kEs, kCw, kCe, kEs, kSs, kSr, kSa, kHs},
        {kEs, kCw, kCe, kEs, kSs, kSr, kSa, kEs},
        {kEs, kCw, kCe, kEs, kEs, kSr, kSa, kEs},
        // SHUTDOWN.
        {kCl, kCw, kCe, kSr, kSs, kSr, kSa, kHs},
        // SHUTDOWN ACK, SHUTDOWN COMPLETE: the endpoint has believed what we have not seen, or not
        // believed.
        {kCl, kCw, kCe, kSa, kSa, kSa, kSa, kHs},
        {kCl, kCw, kCe, kEs, kCl, kCl, kCl, kHs},
        // ABORT.
        {kCl, kCl, kCl, kCl, kCl, kCl, kCl, kCl},
    }},
}};

}  // namespace

ConnectionState next_sctp_state(ConnectionState state, Direction direction,
                                std::uint16_t chunks) noexcept {
  const auto& rows = kNext[static_cast<std::size_t>(direction)];
  for (unsigned left = chunks; left != 0; left &= left - 1) {
    const auto chunk = static_cast<std::size_t>(std::countr_zero(left));
    state = rows[chunk][static_cast<std::size_t>(state) - kFirst];
  }
  return state;
}

}  // namespace portico
