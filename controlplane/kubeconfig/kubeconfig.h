#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "controlplane/kubeconfig/access_config.h"

namespace portico {

struct KubeconfigText {
  std::string path;
  std::string text;
};

// What the context of that name says, the current one if it is empty, by the rules of client-go's
// clientcmd: of several files the first counts that has a cluster, user, context or current-context
// of a name, wholly; paths are relative to the file they stand in. Other contexts are not looked
// at.
//
// Reads nothing but its arguments: certificates and tokens in files are not there yet, nor is the
// environment's proxy. InvalidArgument has a line a fault, each with file, line, entry and field,
// and never a secret: `/root/.kube/config:7: cluster "prod": server: has no host`.
absl::StatusOr<AccessConfig> resolve_kubeconfig(const std::vector<KubeconfigText>& files,
                                                const std::string& context = "");

}  // namespace portico
