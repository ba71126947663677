#pragma once

#include <atomic>

#include "dataplane/runtime/kernel_path.h"
#include "dataplane/runtime/slow_path.h"
#include "dataplane/runtime/worker.h"

namespace portico {

// Polls until `stop`, in the thread that calls it. `max_nap` 0: all the time; otherwise a worker
// that finds nothing to do naps, longer and longer up to `max_nap`, until there is something again.
void run_worker(Worker& worker, Rcu& rcu, Duration max_nap, const std::atomic<bool>& stop);

void run_slow_path(SlowPath& slow_path, const std::atomic<bool>& stop);
void run_kernel_path(KernelPath& kernel_path, const std::atomic<bool>& stop);

}  // namespace portico
