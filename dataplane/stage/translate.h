#pragma once

#include "dataplane/packet/burst.h"
#include "dataplane/stage/context.h"

namespace portico {

// Rewrites addresses and ports, and updates the checksums by the difference that was computed when
// the connection was made. A checksum that was wrong stays wrong.
template <typename Address>
void translate(const Batch& packets, StageContext& context) noexcept;

}  // namespace portico
