#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "controlplane/tls/channel_tls.h"
#include "grpcpp/security/credentials.h"
#include "grpcpp/support/channel_arguments.h"

namespace portico {

// For a channel to a gateway; without `tls` it is spoken to in the clear. The name to look for in
// the gateway's certificate goes into `arguments`. The files are read now. FailedPrecondition names
// the one that can't be.
absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> channel_credentials(
    const ChannelTls& tls, grpc::ChannelArguments* arguments);

}  // namespace portico
