#pragma once

// Who wants what only one can have: an address and port, a Pod network.

#include <algorithm>
#include <cstdint>
#include <string>
#include <tuple>

#include "absl/container/flat_hash_map.h"
#include "absl/container/inlined_vector.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "controlplane/kubernetes/object_set.h"

namespace portico {

// Of several objects that want the same the oldest one has it, and among those of one age the first
// by name: so it does not depend on the order in which they were heard of.
struct Seniority {
  std::int64_t created = 0;  // ns since 1970; 0, and so the oldest, where nobody says
  ObjectKey key;

  static Seniority of(const kubernetes::ObjectMeta& metadata) {
    const auto& created = metadata.creation_timestamp();
    return {created.seconds() * 1'000'000'000 + created.nanos(), key_of(metadata)};
  }
  friend bool operator<(const Seniority& a, const Seniority& b) {
    return std::tie(a.created, a.key) < std::tie(b.created, b.key);
  }
};

// "Service default/web at web.yaml:12": who has what another wants.
template <typename Message>
std::string holder_text(absl::string_view kind, const Sourced<Message>& object) {
  const std::string name = object_name(kind, object.message.metadata());
  const std::string at = object.place.at("");
  return at.empty() ? name : absl::StrCat(name, " at ", at);
}

// By what is claimed: who claims it. A claimant is known by a pointer that stays as it is.
template <typename Subject, typename Claimant>
class Claims {
 public:
  void add(const Subject& subject, Claimant* claimant) { claims_[subject].push_back(claimant); }
  void remove(const Subject& subject, Claimant* claimant) {
    const auto found = claims_.find(subject);
    auto& claimants = found->second;
    claimants.erase(std::find(claimants.begin(), claimants.end(), claimant));
    if (claimants.empty()) claims_.erase(found);
  }
  // In no order.
  absl::Span<Claimant* const> of(const Subject& subject) const {
    const auto found = claims_.find(subject);
    if (found == claims_.end()) return {};
    return found->second;
  }

 private:
  absl::flat_hash_map<Subject, absl::InlinedVector<Claimant*, 1>> claims_;
};

}  // namespace portico
