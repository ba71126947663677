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

// The first that there is of: the file `kubeconfig` (--kubeconfig), the files of $KUBECONFIG (those
// that are there), ~/.kube/config, the Pod's service account. The proxy is the environment's unless
// the kubeconfig names one. Faults as resolve_kubeconfig() has them; NotFound tells where it was
// looked for.
absl::StatusOr<AccessConfig> find_access(const std::string& kubeconfig,
                                         const AccessEnvironment& environment);

}  // namespace portico
