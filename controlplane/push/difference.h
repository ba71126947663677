#pragma once

// What has to be sent, without the Sync at its end. It costs what has changed between the two
// states, not what is in them.

#include <cstddef>

#include "absl/functional/function_ref.h"
#include "controlplane/push/desired_state.h"
#include "proto/portico/v1/push.pb.h"

namespace portico {

// A request is full as soon as its changes have so many bytes, encoded: so many that what a message
// costs beside them is little, and so few that the gateway reads one while the next is made.
constexpr std::size_t kChangesBytes = 32u << 10;

// Takes one request after the other; false ends it. The request lives for the call only.
using Emit = absl::FunctionRef<bool(const v1::PushRequest& request)>;

// A Reset, then every object, in Changes. Returns false when `emit` did.
bool everything(const DesiredState& state, Emit emit);

// What leads from `before` to `after`, in Changes: no request when they are the same. Returns false
// when `emit` did.
bool difference(const DesiredState& before, const DesiredState& after, Emit emit);

}  // namespace portico
