#include "controlplane/controller/triggers.h"

#include <string>

namespace portico {
namespace {

constexpr char kTriggerTime[] = "endpoints.kubernetes.io/last-change-trigger-time";

}  // namespace

std::vector<absl::Time> triggers_of(const ObjectUpdate& update) {
  std::vector<absl::Time> times;
  if (update.reset) return times;
  for (const auto& slice : update.endpoint_slices.set) {
    const auto& annotations = slice->message.metadata().annotations();
    const auto found = annotations.find(kTriggerTime);
    absl::Time time;
    std::string error;
    if (found == annotations.end()) continue;
    if (absl::ParseTime(absl::RFC3339_full, found->second, &time, &error)) times.push_back(time);
  }
  return times;
}

}  // namespace portico
