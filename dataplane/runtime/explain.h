#pragma once

// Theory of operation. An explained packet runs through the very stages of real ones, in the
// caller's thread, over the tables that the workers use, but for what a worker owns: that is a
// scratch, made of one look at the owner (runtime/scratch.h). So nothing that runs is changed, no
// worker is held up, and no counter counts it.
//
// What depends on all of the owner's connections or on packets to come is not foreseen: whether the
// source ports that are tried at random are taken, and whether the limits on answers and on packets
// for the kernel are reached at that moment.
//
// Called with the tables' writers locked out.

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "dataplane/runtime/shared_tables.h"
#include "dataplane/runtime/worker.h"
#include "include/portico/data_plane.h"

namespace portico {

class Explainer {
 public:
  Explainer(SharedTables& shared, const std::vector<std::unique_ptr<Worker>>& workers,
            const GatewayConfig& config)
      : shared_(shared), workers_(workers), config_(config) {}

  // See DataPlane::explain().
  absl::StatusOr<Explanation> explain(const ExplainRequest& request);

 private:
  absl::StatusOr<const Port*> port_of(const ExplainRequest& request) const;
  template <typename Address>
  Explanation explain_in_family(const ExplainRequest& request, const Port& port);

  SharedTables& shared_;
  const std::vector<std::unique_ptr<Worker>>& workers_;
  const GatewayConfig& config_;
};

}  // namespace portico
