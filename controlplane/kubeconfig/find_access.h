#pragma once

// Where the way into the cluster is described.

#include <functional>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "controlplane/http/proxy.h"
#include "controlplane/kubeconfig/access_config.h"

namespace portico {

// What is asked of the process and its file system.
struct AccessEnvironment {
  EnvironmentVariable variable;
  std::string service_account = "/var/run/secrets/kubernetes.io/serviceaccount";

  static AccessEnvironment of_process();
};

// What the command line says of it; empty is not said.
struct AccessOptions {
  std::string kubeconfig;  // --kubeconfig: a file
  std::string context;     // --context: in place of the kubeconfig's current one
};

// The first that there is of: the file `kubeconfig`, the files of $KUBECONFIG (those that are
// there),
// ~/.kube/config, the Pod's service account, which has no contexts. The proxy is the environment's
// unless the kubeconfig names one. Faults as resolve_kubeconfig() has them; NotFound tells where it
// was looked for.
absl::StatusOr<AccessConfig> find_access(const AccessOptions& options,
                                         const AccessEnvironment& environment);

}  // namespace portico
