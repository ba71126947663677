#pragma once

#include "dataplane/packet/burst.h"
#include "dataplane/stage/context.h"

namespace portico {

// Every packet: lengths checked once, offsets and family stored. See net/parse.h.
void parse(Burst& burst, const StageContext& context) noexcept;

}  // namespace portico
