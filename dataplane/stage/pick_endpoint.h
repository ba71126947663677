#pragma once

#include "dataplane/packet/burst.h"
#include "dataplane/stage/context.h"

namespace portico {

// Chooses an endpoint for packets that open a connection, as their Service says.
template <typename Address>
void pick_endpoint(const Batch& packets, StageContext& context) noexcept;

}  // namespace portico
