#pragma once

// What the Gateway service's requests say, in our types. InvalidArgument is
// "FIELD: what is wrong with it".

#include "absl/status/statusor.h"
#include "include/portico/data_plane.h"
#include "proto/portico/v1/gateway.pb.h"

namespace portico {

// Fields are called "filter.client" and so on.
absl::StatusOr<ConnectionFilter> parse(const v1::ConnectionFilter& message);
absl::StatusOr<ExplainRequest> parse(const v1::ExplainRequest& message);

}  // namespace portico
