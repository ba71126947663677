#pragma once

#include "dataplane/packet/burst.h"
#include "dataplane/stage/context.h"

namespace portico {

// One step in the connection's state (state/tcp_state.h); the timeout follows from it.
template <typename Address>
void track(const Batch& packets, StageContext& context) noexcept;

}  // namespace portico
