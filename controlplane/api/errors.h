#pragma once

// Errors as the API tells them: a code, a sentence, and for a bad request which field was bad
// (google.rpc.BadRequest in the status details, as AIP-193 has it).

#include <string>

#include "absl/status/status.h"
#include "grpcpp/support/status.h"

namespace portico {

// The codes are the same in both.
grpc::Status to_grpc(const absl::Status& status);

// INVALID_ARGUMENT: "`field`: `description`", with the details.
grpc::Status invalid_field(const std::string& field, const std::string& description);

}  // namespace portico
