#pragma once

// What a kubeconfig, or a Pod's service account, says about the way into a cluster.

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "controlplane/http/http_client.h"
#include "controlplane/http/http_settings.h"
#include "google/protobuf/struct.pb.h"

namespace portico {

// A text that stands in the configuration, or in a file that is read again and again.
struct TextOrFile {
  std::string text;
  std::string file;   // absolute; empty: `text` counts
  std::string where;  // "/root/.kube/config:12: user \"x\": client-key", for faults that come later

  bool is_there() const { return !text.empty() || !file.empty(); }
};

// A program that is asked for credentials (client.authentication.k8s.io).
struct ExecPlugin {
  std::string api_version;
  std::vector<std::string> command;  // a path, or a name that PATH leads to, and arguments
  // Variables of its environment beside our own. Values may be secrets.
  std::vector<std::pair<std::string, std::string>> variables;
  bool provide_cluster_info = false;
  google::protobuf::Value cluster_config;  // of the cluster's extension; unset: there is none
  std::string install_hint;
  std::string where;  // `FILE:LINE: user "x": exec`
};

struct AccessConfig {
  std::string name;    // for logs: `context "x"`, "the Pod's service account"
  std::string server;  // "https://10.0.0.1:6443/prefix", without a slash at the end
  // Complete but for `ca`, `certificate` and `key`, which are below.
  HttpSettings settings;
  TextOrFile ca;
  TextOrFile certificate;
  TextOrFile key;

  // One of these at most; `token` goes before `exec`.
  TextOrFile token;
  std::string username;
  std::string password;
  std::optional<ExecPlugin> exec;

  HttpHeaders impersonation;
  // What people should know; a clause each that can follow `name`.
  std::vector<std::string> warnings;
};

}  // namespace portico
