#pragma once

#include <string>

#include "controlplane/push/desired_state.h"

namespace portico {

// What would be pushed, as YAML of the API's messages (proto/portico/v1/objects.proto): `services`,
// `endpoints` and `routes`, sorted by their keys.
std::string print_tables(const DesiredState& desired);

}  // namespace portico
