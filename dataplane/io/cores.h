#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "include/portico/gateway_config.h"

namespace portico {

// Which core does what.
struct CorePlan {
  std::vector<unsigned> workers;  // the core of each worker
  std::vector<unsigned> control;  // all others that this process may use; never empty

  std::uint16_t worker_count() const { return static_cast<std::uint16_t>(workers.size()); }
};

// The cores that this process may run on (its affinity), ascending.
std::vector<unsigned> available_cores();

// Gives the last cores to the workers and the others to the control threads; where nothing is left
// for these, they share the first core. InvalidArgument, with the setting's name, when there are
// fewer cores than workers or a configured core is not available.
absl::StatusOr<CorePlan> plan_cores(const WorkersConfig& config,
                                    const std::vector<unsigned>& available);

}  // namespace portico
