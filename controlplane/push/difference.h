#pragma once

// What has to be sent, without the Sync at its end. It costs what has changed between the two
// states, not what is in them.

#include "absl/functional/function_ref.h"
#include "controlplane/push/desired_state.h"
#include "proto/portico/v1/push.pb.h"

namespace portico {

// Takes one request after the other; false ends it. The request is not kept.
using Emit = absl::FunctionRef<bool(const v1::PushRequest& request)>;

// A Reset, then every object. Returns false when `emit` did.
bool everything(const DesiredState& state, Emit emit);

// What leads from `before` to `after`: no request when they are the same. Returns false when `emit`
// did.
bool difference(const DesiredState& before, const DesiredState& after, Emit emit);

}  // namespace portico
