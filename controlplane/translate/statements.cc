#include "controlplane/translate/statements.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace portico {
namespace {

void append(std::vector<ObjectFault> more, std::vector<ObjectFault>* all) {
  for (ObjectFault& one : more) all->push_back(std::move(one));
}

}  // namespace

bool Statements::Said::has_fault() const {
  return std::any_of(by_cause.begin(), by_cause.end(),
                     [](const Reports& reports) { return !reports.faults.empty(); });
}

bool Statements::Said::is_empty() const {
  return std::all_of(by_cause.begin(), by_cause.end(), [](const Reports& reports) {
    return reports.faults.empty() && reports.warnings.empty();
  });
}

void Statements::set(const std::string& object, Cause cause, Reports now, Reports* out) {
  append(std::exchange(now.passed_over, {}), &out->passed_over);
  const bool is_silent = now.faults.empty() && now.warnings.empty();
  if (is_silent && !said_.contains(object)) return;
  Said& said = said_[object];
  Reports& before = said.by_cause[static_cast<std::size_t>(cause)];
  if (before.faults == now.faults && before.warnings == now.warnings) return;
  append(now.faults, &out->faults);
  append(now.warnings, &out->warnings);
  if (said.has_fault()) --at_fault_;
  before = std::move(now);
  if (said.has_fault()) ++at_fault_;
  if (said.is_empty()) said_.erase(object);
}

void Statements::erase(const std::string& object) {
  const auto said = said_.find(object);
  if (said == said_.end()) return;
  if (said->second.has_fault()) --at_fault_;
  said_.erase(said);
}

}  // namespace portico
