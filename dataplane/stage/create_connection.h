#pragma once

#include "dataplane/packet/burst.h"
#include "dataplane/stage/context.h"

namespace portico {

// Makes the connection of packets that have an endpoint but no connection: chooses the source
// address and port that the endpoint will see, fills the record completely, inserts it last.
//
// What must be unique is the reply's tuple, not the port: a source port serves any number of
// endpoints at once. Both with masquerade and with the client's own address, a source port is taken
// only if the reply hashes home to this worker.
template <typename Address>
void create_connection(const Batch& packets, StageContext& context) noexcept;

}  // namespace portico
