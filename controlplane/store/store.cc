#include "controlplane/store/store.h"

#include <utility>

#include "controlplane/store/diff.h"

namespace portico::store {

Plan Store::plan(const std::string& source, const Pending& pending,
                 std::size_t violation_limit) const {
  const ObjectSet& present = objects_of(source);
  Plan plan;
  plan.source = source;
  plan.violations = Violations(violation_limit);
  ObjectChange change = pending.change_of(present);
  validate(source, present, change, index_, facts_, plan.violations, plan.work);
  if (!plan.violations.empty()) return plan;
  plan.tables = diff(present, change, facts_.node_ports, plan.work);
  plan.objects = std::move(change);
  return plan;
}

void Store::commit(const Plan& plan) {
  ObjectSet& present = sources_[plan.source];
  index_.apply(plan.source, present, plan.objects);
  apply(plan.objects, present);
}

const ObjectSet& Store::objects_of(const std::string& source) const {
  static const ObjectSet* const kNothing = new ObjectSet;
  const auto found = sources_.find(source);
  return found == sources_.end() ? *kNothing : found->second;
}

}  // namespace portico::store
