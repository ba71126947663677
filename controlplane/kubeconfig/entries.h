#pragma once

// The entries that a context leads to become an AccessConfig. What is wrong with them is added to
// their files' faults.

#include "controlplane/kubeconfig/access_config.h"
#include "controlplane/kubeconfig/kubeconfig_file.h"

namespace portico {

void read_cluster(const KubeconfigEntry& entry, const kubernetes::Cluster& cluster,
                  AccessConfig* config);

// An exec plugin may be told of the cluster.
void read_user(const KubeconfigEntry& entry, const kubernetes::User& user,
               const KubeconfigEntry& cluster, AccessConfig* config);

// `exec` of a user.
void read_exec(const KubeconfigEntry& entry, const kubernetes::ExecConfig& exec,
               const KubeconfigEntry& cluster, AccessConfig* config);

// A field and its twin with "-data" behind its name: a file's name, or the content in base64.
TextOrFile read_text_or_file(const KubeconfigEntry& entry, absl::string_view field,
                             const std::string& file, const std::string& data);

// Whether it could be a header's value.
bool is_header_text(absl::string_view text);

}  // namespace portico
