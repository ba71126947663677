#include "dataplane/io/cores.h"

#include <sched.h>

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace portico {
namespace {

bool contains(const std::vector<unsigned>& cores, unsigned core) {
  return std::find(cores.begin(), cores.end(), core) != cores.end();
}

absl::StatusOr<std::vector<unsigned>> worker_cores(const WorkersConfig& config,
                                                   const std::vector<unsigned>& available) {
  for (const unsigned core : config.cores) {
    if (contains(available, core)) continue;
    return absl::InvalidArgumentError(absl::StrCat("workers.cores: core ", core,
                                                   " is none of those this process may use (",
                                                   absl::StrJoin(available, ", "), ")"));
  }
  if (!config.cores.empty()) return config.cores;
  const std::size_t most = available.size();
  const std::size_t count = config.count > 0 ? config.count : std::max<std::size_t>(most, 2) - 1;
  if (count > most) {
    return absl::InvalidArgumentError(absl::StrCat("workers.count: ", count,
                                                   " workers need as many cores, and this process "
                                                   "may use ",
                                                   most));
  }
  return std::vector<unsigned>(available.end() - static_cast<std::ptrdiff_t>(count),
                               available.end());
}

}  // namespace

std::vector<unsigned> available_cores() {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  sched_getaffinity(0, sizeof allowed, &allowed);
  std::vector<unsigned> cores;
  for (unsigned core = 0; core < CPU_SETSIZE; ++core) {
    if (CPU_ISSET(core, &allowed)) cores.push_back(core);
  }
  return cores;
}

absl::StatusOr<CorePlan> plan_cores(const WorkersConfig& config,
                                    const std::vector<unsigned>& available) {
  auto workers = worker_cores(config, available);
  if (!workers.ok()) return workers.status();
  CorePlan plan{.workers = *std::move(workers), .control = {}};
  for (const unsigned core : available) {
    if (!contains(plan.workers, core)) plan.control.push_back(core);
  }
  if (plan.control.empty()) plan.control.push_back(available.front());
  return plan;
}

}  // namespace portico
