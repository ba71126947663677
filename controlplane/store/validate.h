#pragma once

// Whether a change may be made.

#include <cstddef>
#include <string>

#include "controlplane/store/gateway_facts.h"
#include "controlplane/store/key_index.h"
#include "controlplane/store/object_set.h"
#include "controlplane/store/violations.h"

namespace portico::store {

// How much was looked at, so that tests can tell that the cost follows the change.
struct Work {
  std::size_t objects_checked = 0;
  std::size_t services_expanded = 0;   // before and after the change counted once each
  std::size_t endpoints_expanded = 0;  // likewise
};

// Adds every violation that `change` of `source`, which has `present`, would bring into a state
// that has none: what is wrong with the objects themselves, and what is wrong between them and all
// others, of this source or another. Looks only at what changes, at the endpoints of the Services
// that change, and into `index`.
void validate(const std::string& source, const ObjectSet& present, const ObjectChange& change,
              const KeyIndex& index, const GatewayFacts& facts, Violations& violations, Work& work);

}  // namespace portico::store
