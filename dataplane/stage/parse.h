#pragma once

#include "dataplane/packet/burst.h"
#include "dataplane/stage/context.h"

namespace portico {

// Every packet: lengths checked once, offsets and family stored. See net/parse.h. Fragments are
// marked to be reassembled, in the worker where those of their packet meet.
// Where a device is several ports, the VLAN tag says which one the packet came in by:
// Packet::in_port. Returns whether all are TCP or UDP packets with nothing peculiar about them
// (net/parse_plain.h), so that answer_link() has nothing to do.
bool parse(Burst& burst, const StageContext& context) noexcept;

}  // namespace portico
