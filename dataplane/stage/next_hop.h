#pragma once

#include "dataplane/packet/burst.h"
#include "dataplane/stage/context.h"

namespace portico {

// Finds the port and the MAC address that the packet leaves by and to, decrements its TTL or hop
// limit and writes the Ethernet header. A next hop whose MAC address is not known yet: the packet,
// complete but for that, goes to the slow path and waits there.
template <typename Address>
void next_hop(const Batch& packets, StageContext& context) noexcept;

}  // namespace portico
