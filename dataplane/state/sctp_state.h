#pragma once

// The states of an SCTP association as a NAT in the middle sees them, after Linux'
// nf_conntrack_proto_sctp.c. Tracking is liberal, as with TCP: what could be forged moves little,
// and whose packets move anything is for witness.h to judge.
//
//   COOKIE_WAIT        INIT from the client; the endpoint's INIT ACK does not change it
//   COOKIE_ECHOED      COOKIE ECHO from the client
//   ESTABLISHED        COOKIE ACK from the endpoint
//   SHUTDOWN_SENT      SHUTDOWN from the client
//   SHUTDOWN_RECD      SHUTDOWN from the endpoint
//   SHUTDOWN_ACK_SENT  SHUTDOWN ACK from the other end
//   CLOSED             SHUTDOWN COMPLETE, or ABORT from either end
//   HEARTBEAT_SENT     an association that was not seen to begin was picked up from the client
//
// An association is known by one pair of addresses. Others that the ends tell each other in INIT
// and INIT ACK are not translated: multihoming does not lead through a NAT that does not track it.

#include "dataplane/state/tcp_state.h"

namespace portico {

// The state after a packet with `chunks`, a set of SctpChunks, that goes in `direction`. One lookup
// in a table for each of them.
ConnectionState next_sctp_state(ConnectionState state, Direction direction,
                                std::uint16_t chunks) noexcept;

}  // namespace portico
