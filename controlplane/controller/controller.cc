#include "controlplane/controller/controller.h"

#include <algorithm>
#include <cstddef>

#include "spdlog/spdlog.h"

namespace portico {
namespace {

// Who has more to repair than this will look again.
constexpr std::size_t kMaxTold = 100;

}  // namespace

void Controller::on_update(const ObjectUpdate& update) {
  const ObjectSet objects{update.services.set, update.endpoint_slices.set, update.nodes.set};
  Translation translation = translate(objects, options_);
  if (!translation.reports.faults.empty()) {
    on_faults(translation.reports.faults);
    return;
  }
  tell_warnings(translation.reports.warnings);
  tell_loss(translation.desired);
  last_ = std::make_shared<const DesiredState>(std::move(translation.desired));
  ++revision_;
  spdlog::info("revision {}: {} Services, {} endpoints, {} routes", revision_,
               last_->services.size(), last_->endpoints.size(), last_->routes.size());
  for (PushClient* gateway : gateways_) {
    gateway->push({revision_, last_, update.changed_at});
  }
}

void Controller::on_faults(const std::vector<ObjectFault>& faults) {
  spdlog::error("refused for {} fault(s); what the gateways run goes on", faults.size());
  for (std::size_t i = 0; i < std::min(faults.size(), kMaxTold); ++i) {
    spdlog::error("{}", faults[i].to_string());
  }
}

void Controller::tell_warnings(const std::vector<ObjectFault>& warnings) {
  std::vector<std::string> lines;
  for (const ObjectFault& warning : warnings) lines.push_back(warning.to_string());
  if (lines == warnings_) return;
  for (std::size_t i = 0; i < std::min(lines.size(), kMaxTold); ++i) spdlog::warn("{}", lines[i]);
  warnings_ = std::move(lines);
}

void Controller::tell_loss(const DesiredState& desired) {
  if (last_ == nullptr || last_->services.empty() || !desired.services.empty()) return;
  spdlog::warn("all {} Services are gone", last_->services.size());
}

}  // namespace portico
