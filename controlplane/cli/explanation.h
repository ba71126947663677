#pragma once

#include <string>

#include "controlplane/cli/environment.h"
#include "proto/portico/v1/gateway.pb.h"

namespace portico::cli {

// The story of a packet for people: what was asked, each stage with its decision, the packet before
// and after, the verdict.
std::string explanation_text(const v1::ExplainRequest& request, const v1::ExplainResponse& response,
                             const Environment& environment);

}  // namespace portico::cli
