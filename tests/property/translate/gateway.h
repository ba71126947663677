#pragma once

// What a gateway says of a desired state.

#include <string>

#include "absl/strings/str_cat.h"
#include "controlplane/api/convert.h"
#include "controlplane/push/desired_state.h"
#include "controlplane/store/store.h"
#include "tests/support/desired_maps.h"

namespace portico {

// What it refuses, one a line; nothing when it takes it all.
inline std::string refusals(const DesiredState& desired, const store::GatewayFacts& facts) {
  store::Pending pending;
  const DesiredMaps maps = maps_of(desired);
  for (const auto& [key, service] : maps.services) pending.set(from_proto(service));
  for (const auto& [key, endpoint] : maps.endpoints) pending.set(from_proto(endpoint));
  for (const auto& [key, route] : maps.routes) pending.set(from_proto(route));
  const store::Store gateway(facts);
  const store::Plan plan = gateway.plan("kubernetes", pending);
  std::string text;
  for (const store::Violation& violation : plan.violations.kept()) {
    absl::StrAppend(&text, violation.object.to_string(), ": ", violation.field, ": ",
                    violation.message, "\n");
  }
  return text;
}

}  // namespace portico
