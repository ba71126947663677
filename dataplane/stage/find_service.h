#pragma once

#include "dataplane/packet/burst.h"
#include "dataplane/stage/context.h"

namespace portico {

// Finds the Service port of packets that have no connection, and drops those which may not open
// one: no Service, TCP or SCTP in mid-stream, or a client outside the frontend's source ranges.
// Connections that are known never come here: as with kube-proxy, they go on when ranges change.
// What is for an address of the gateway's own goes to the kernel, if the port has a kernel
// interface: also what may be the answer to a connection that the kernel itself has opened from an
// address in the SNAT pool.
template <typename Address>
void find_service(const Batch& packets, StageContext& context) noexcept;

}  // namespace portico
