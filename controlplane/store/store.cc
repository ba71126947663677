#include "controlplane/store/store.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "controlplane/store/diff.h"

namespace portico::store {

namespace {

// What a change does to a set of endpoints.
struct Growth {
  std::ptrdiff_t count = 0;
  EndpointPtr newest;  // one of those that come; null: none does
};

Growth growth_by(const ObjectChange& change, const ObjectSet& present) {
  Growth growth;
  for (const auto& [service, endpoints] : change.endpoints) {
    const Endpoints& there = present.endpoints_of(service);
    for (const auto& [name, endpoint] : endpoints) {
      const bool was_there = there.contains(name);
      growth.count += (endpoint != nullptr ? 1 : 0) - (was_there ? 1 : 0);
      if (endpoint != nullptr && !was_there) growth.newest = endpoint;
    }
  }
  return growth;
}

}  // namespace

Plan Store::plan(const std::string& source, const Pending& pending,
                 std::size_t violation_limit) const {
  const ObjectSet& present = objects_of(source);
  Plan plan;
  plan.source = source;
  plan.violations = Violations(violation_limit);
  ObjectChange change = pending.change_of(present);
  validate(source, present, change, index_, facts_, plan.violations, plan.work);
  check_endpoint_count(present, change, plan.violations);
  if (!plan.violations.empty()) return plan;
  plan.tables = diff(present, change, facts_.node_ports, plan.work);
  plan.objects = std::move(change);
  return plan;
}

void Store::check_endpoint_count(const ObjectSet& present, const ObjectChange& change,
                                 Violations& violations) const {
  const Growth growth = growth_by(change, present);
  if (growth.count <= 0) return;
  auto count = static_cast<std::size_t>(growth.count);
  for (const auto& [name, objects] : sources_) count += objects.endpoint_count;
  if (count <= facts_.most_endpoints) return;
  violations.add(key_of(*growth.newest), "",
                 absl::StrCat("is one of ", count, " endpoints; capacity.endpoints is ",
                              facts_.most_endpoints));
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
