#pragma once

// What is said to an exec plugin, and what it answers
// (k8s.io/client-go/pkg/apis/clientauthentication/v1). Pure.

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "controlplane/kubeconfig/access_config.h"

namespace portico {

inline constexpr absl::string_view kExecV1 = "client.authentication.k8s.io/v1";
inline constexpr absl::string_view kExecV1Beta1 = "client.authentication.k8s.io/v1beta1";

struct ExecAnswer {
  std::string token;        // may be empty if there is a certificate
  std::string certificate;  // PEM; these two both or none
  std::string key;
  absl::Time expires = absl::InfiniteFuture();
};

// KUBERNETES_EXEC_INFO for `config.exec`; `ca` is the PEM text of config.ca.
std::string exec_info(const AccessConfig& config, const std::string& ca);

// `text` is what the plugin printed: JSON or YAML. InvalidArgument says what is wrong with it and
// quotes nothing of it.
absl::StatusOr<ExecAnswer> parse_exec_answer(absl::string_view text, absl::string_view api_version);

}  // namespace portico
