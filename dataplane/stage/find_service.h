#pragma once

#include "dataplane/packet/burst.h"
#include "dataplane/stage/context.h"

namespace portico {

// Finds the Service port of packets that have no connection, and drops those which may not open
// one: no Service, or TCP or SCTP in mid-stream.
template <typename Address>
void find_service(const Batch& packets, StageContext& context) noexcept;

}  // namespace portico
