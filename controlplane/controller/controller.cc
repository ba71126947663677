#include "controlplane/controller/controller.h"

#include <algorithm>
#include <cstddef>

#include "controlplane/controller/triggers.h"
#include "spdlog/spdlog.h"

namespace portico {
namespace {

// Who has more to repair than this will look again.
constexpr std::size_t kMaxTold = 100;

}  // namespace

void Controller::on_update(const ObjectUpdate& update) {
  const DesiredState before = translator_.desired();
  if (!translate(update)) return;
  for (ControllerObserver* observer : observers_) observer->on_update(update, translator_);
  const DesiredState& desired = translator_.desired();
  // The first one says what there is, even if it is nothing.
  if (revision_ != 0 && desired.is(before)) return;
  tell_loss(before);
  ++revision_;
  spdlog::log(update.reset ? spdlog::level::info : spdlog::level::debug,
              "revision {}: {} Services, {} endpoints, {} routes", revision_,
              desired.services().size(), desired.endpoint_count(), desired.routes().size());
  const Revision revision{revision_, desired, update.changed_at, triggers_of(update)};
  for (ControllerObserver* observer : observers_) observer->on_revision(revision);
  for (PushClient* gateway : gateways_) gateway->push(revision);
}

bool Controller::translate(const ObjectUpdate& update) {
  if (policy_ == FaultPolicy::kLeaveOut) {
    const Reports reports = translator_.apply(update);
    tell_left_out(reports.faults);
    for (const ObjectFault& warning : reports.warnings) tell_one(spdlog::level::warn, warning);
    return true;
  }
  Translator next(options_, translator_.desired());
  const Reports reports = next.apply(update);
  if (!reports.faults.empty()) {
    on_faults(reports.faults);
    return false;
  }
  tell_warnings(reports.warnings);
  translator_ = std::move(next);
  return true;
}

void Controller::on_faults(const std::vector<ObjectFault>& faults) {
  spdlog::error("refused for {} fault(s); what the gateways run goes on", faults.size());
  for (std::size_t i = 0; i < std::min(faults.size(), kMaxTold); ++i) {
    spdlog::error("{}", faults[i].to_string());
  }
}

void Controller::tell_left_out(const std::vector<ObjectFault>& faults) {
  if (faults.empty()) return;
  for (const ObjectFault& fault : faults) tell_one(spdlog::level::err, fault);
  for (ControllerObserver* observer : observers_) observer->on_left_out(faults, translator_);
}

void Controller::tell_one(spdlog::level::level_enum level, const ObjectFault& fault) {
  if (!line_limit_.allows(std::chrono::steady_clock::now())) return;
  const std::uint64_t untold = line_limit_.take_left_out();
  if (untold != 0) spdlog::warn("{} fault(s) and warning(s) more were not told", untold);
  spdlog::log(level, "{}{}", level == spdlog::level::err ? "left out: " : "", fault.to_string());
}

void Controller::tell_warnings(const std::vector<ObjectFault>& warnings) {
  std::vector<std::string> lines;
  for (const ObjectFault& warning : warnings) lines.push_back(warning.to_string());
  if (lines == warnings_) return;
  for (std::size_t i = 0; i < std::min(lines.size(), kMaxTold); ++i) spdlog::warn("{}", lines[i]);
  warnings_ = std::move(lines);
}

void Controller::tell_loss(const DesiredState& before) const {
  if (before.services().empty() || !translator_.desired().services().empty()) return;
  spdlog::warn("all {} Services are gone", before.services().size());
}

}  // namespace portico
