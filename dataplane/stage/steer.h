#pragma once

#include "dataplane/packet/burst.h"
#include "dataplane/stage/context.h"

namespace portico {

// Hands TCP and UDP packets over to the worker that owns their connection. The owner is a function
// of the client's side: the source of a packet that goes to a Service, the destination of a reply.
// A packet that was handed over already stays: tables may differ for a moment, packets must not
// travel in circles.
template <typename Address>
void steer(const Batch& packets, StageContext& context) noexcept;

}  // namespace portico
