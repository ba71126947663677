#pragma once

#include <vector>

#include "absl/time/time.h"
#include "controlplane/kubernetes/object_set.h"

namespace portico {

// When what the slices of an update tell of happened: their annotation
// endpoints.kubernetes.io/last-change-trigger-time, which the EndpointSlice controller sets where
// it knows (k8s.io/api/core/v1: EndpointsLastChangeTriggerTime). Nothing for a reset, whose changes
// may be long past.
std::vector<absl::Time> triggers_of(const ObjectUpdate& update);

}  // namespace portico
