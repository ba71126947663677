#pragma once

#include <vector>

#include "dataplane/packet/burst.h"
#include "dataplane/packet/packet_io.h"
#include "dataplane/runtime/fragmenter.h"
#include "dataplane/runtime/ring.h"
#include "dataplane/runtime/worker_counts.h"

namespace portico {

// Where packets can go from a worker.
struct Exits {
  PacketIo& io;
  PuntRing& slow_path;
  const std::vector<HandOverRing*>& workers;  // indexed by WorkerId
  Fragmenter* fragmenter = nullptr;           // the worker's own
  PuntRing* kernel = nullptr;                 // null: no port has a kernel interface
};

// The one place where packets end: sends, frees, punts or hands over as the stages have marked, and
// counts. Every packet of the burst is the worker's no longer when it returns.
void settle(Burst& burst, WorkerId self, Exits& exits, WorkerCounts& counts) noexcept;

}  // namespace portico
