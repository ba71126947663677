#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "controlplane/cli/parse.h"

namespace portico::cli {

// Why `gateway` gave no answer, as a sentence with what to do about it. gRPC says only that it
// could not connect; this looks at the socket. `grpc_message` is what gRPC said.
std::string why_unreachable(const GatewayAddress& gateway, bool uses_tls,
                            absl::string_view grpc_message);

}  // namespace portico::cli
