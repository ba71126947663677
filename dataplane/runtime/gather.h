#pragma once

#include "dataplane/packet/burst.h"
#include "dataplane/packet/packet_io.h"
#include "dataplane/runtime/worker_counts.h"

namespace portico {

// Gives the fragments of a burst, as parse() has marked them, to reassembly. `whole` gets the
// packets that became whole with them, as if they had just been received.
void gather(Burst& burst, WorkerId self, Instant now, PacketIo& io, WorkerCounts& counts,
            Burst& whole) noexcept;

// Gives up fragments that have waited too long.
void expire_fragments(WorkerId self, Instant now, PacketIo& io, WorkerCounts& counts) noexcept;

}  // namespace portico
