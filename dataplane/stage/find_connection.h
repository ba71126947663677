#pragma once

#include "dataplane/packet/burst.h"
#include "dataplane/stage/context.h"

namespace portico {

// Looks TCP, UDP and SCTP packets up in the worker's connection table, all of a burst together. A
// found connection is forgotten, as if it had not been there, when
//   - it is UDP, and its endpoint is gone: the next datagram goes to another one at once;
//   - it is TCP, closed, and the packet is a SYN from the client: the same port is used again
//     (RFC 9293 section 3.6.1);
//   - it is TCP or SCTP, its endpoint is gone, and the packet is a SYN or an INIT from the client:
//     the address may be another Pod's by now, which must not take up an old connection.
// A reply that comes in by a port which is no downlink is dropped: endpoints are not there.
template <typename Address>
void find_connection(const Batch& packets, StageContext& context) noexcept;

}  // namespace portico
