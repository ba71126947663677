#pragma once

// What has to be sent, without the Sync at its end.

#include <vector>

#include "controlplane/push/desired_state.h"
#include "proto/portico/v1/push.pb.h"

namespace portico {

// A Reset, then every object.
std::vector<v1::PushRequest> everything(const DesiredState& state);

// What leads from `before` to `after`; empty when they are the same.
std::vector<v1::PushRequest> difference(const DesiredState& before, const DesiredState& after);

}  // namespace portico
