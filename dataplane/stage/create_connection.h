#pragma once

#include "dataplane/packet/burst.h"
#include "dataplane/stage/context.h"

namespace portico {

// Makes the connection of those of `packets` that have an endpoint but no connection: chooses the
// source address and port that the endpoint will see, fills the record completely, inserts it last.
//
// What must be unique is the reply's tuple, not the port: a source port serves any number of
// endpoints at once. Both with masquerade and with the client's own address, a source port is taken
// only if the reply hashes home to this worker.
//
// When there is no room, or no source port, the oldest unanswered connection makes room, or one
// that is over (state/tcp_state.h: Room): of the whole table, or of those that have a port which
// would do. One that a packet of `burst`, of which `packets` are a part, belongs to stays.
template <typename Address>
void create_connection(const Batch& packets, const Batch& burst, StageContext& context) noexcept;

}  // namespace portico
