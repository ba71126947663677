#pragma once

// porticod's configuration file -> GatewayConfig, checked. The schema for people is
// proto/portico/config/v1/config.proto.

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "include/portico/gateway_config.h"

namespace portico {

// Reads the YAML text of a configuration file. `file` is the name that errors say.
//
// InvalidArgument with every fault, one a line, in the file's order:
//   porticod.yaml:12: ports[0].mtu: must be between 576 and 9600, not 70000
absl::StatusOr<GatewayConfig> parse_config(absl::string_view text, absl::string_view file);

// The same of the file at `path`. Also NotFound, PermissionDenied, ... when it cannot be read.
absl::StatusOr<GatewayConfig> load_config(const std::string& path);

}  // namespace portico
