#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "controlplane/kubeconfig/entries.h"
#include "controlplane/kubeconfig/exec_credential.h"
#include "controlplane/yaml/scalars.h"

namespace portico {
namespace {

// The name of the extension that plugins get as `config`
// (k8s.io/client-go/pkg/apis/clientauthentication/v1).
constexpr absl::string_view kExtension = "client.authentication.k8s.io/exec";

google::protobuf::Value scalar_value(const YamlNode& node) {
  google::protobuf::Value value;
  if (!node.quoted) {
    if (const auto flag = to_bool(node); flag.ok()) {
      value.set_bool_value(*flag);
      return value;
    }
    if (const auto number = to_double(node); number.ok()) {
      value.set_number_value(*number);
      return value;
    }
  }
  value.set_string_value(node.text);
  return value;
}

google::protobuf::Value to_value(const YamlNode& node) {
  google::protobuf::Value value;
  switch (node.kind) {
    case YamlNode::Kind::kNull:
      value.set_null_value(google::protobuf::NULL_VALUE);
      break;
    case YamlNode::Kind::kScalar:
      return scalar_value(node);
    case YamlNode::Kind::kSequence:
      value.mutable_list_value();
      for (const YamlNode* const item : node.items) {
        *value.mutable_list_value()->add_values() = to_value(*item);
      }
      break;
    case YamlNode::Kind::kMap:
      value.mutable_struct_value();
      for (const YamlEntry& entry : node.entries) {
        (*value.mutable_struct_value()->mutable_fields())[entry.key] = to_value(*entry.value);
      }
      break;
  }
  return value;
}

google::protobuf::Value find_extension(const KubeconfigEntry& cluster) {
  const YamlNode* const extensions = cluster.find("extensions");
  if (extensions == nullptr) return {};
  for (const YamlNode* const item : extensions->items) {
    const YamlNode* const extension = item->find("extension");
    if (item->text_of("name") == kExtension && extension != nullptr) return to_value(*extension);
  }
  return {};
}

// "Never" and "IfAvailable" can be met without a terminal. v1 has no default
// (k8s.io/client-go/tools/clientcmd, validateAuthInfo()).
void check_interactive_mode(const KubeconfigEntry& entry, const kubernetes::ExecConfig& exec) {
  const std::string& mode = exec.interactive_mode();
  if (mode == "Never" || mode == "IfAvailable") return;
  if (mode.empty() && exec.api_version() == kExecV1Beta1) return;
  if (mode == "Always") {
    return entry.fault("exec.interactiveMode",
                       "is Always, but a service has no terminal to ask anybody at");
  }
  entry.fault("exec.interactiveMode", mode.empty() ? "is missing; say Never or IfAvailable"
                                                   : "must be Never, IfAvailable or Always");
}

void read_variables(const KubeconfigEntry& entry, const kubernetes::ExecConfig& exec,
                    ExecPlugin* plugin) {
  for (const kubernetes::ExecVariable& variable : exec.env()) {
    if (variable.name().empty() || absl::StrContains(variable.name(), '=')) {
      entry.fault("exec.env", "has a variable without a name, or with \"=\" in it");
    }
    plugin->variables.emplace_back(variable.name(), variable.value());
  }
}

}  // namespace

void read_exec(const KubeconfigEntry& entry, const kubernetes::ExecConfig& exec,
               const KubeconfigEntry& cluster, AccessConfig* config) {
  ExecPlugin& plugin = config->exec.emplace();
  plugin.where = entry.where("exec");
  plugin.api_version = exec.api_version();
  if (exec.api_version() != kExecV1 && exec.api_version() != kExecV1Beta1) {
    entry.fault("exec.apiVersion", absl::StrCat("must be ", kExecV1, " or ", kExecV1Beta1));
  }
  if (exec.command().empty()) entry.fault("exec.command", "is missing");
  // With a slash it is a path, relative to the file; without one, PATH leads to it.
  const bool path = absl::StrContains(exec.command(), '/');
  plugin.command.push_back(path ? entry.resolve(exec.command()) : exec.command());
  plugin.command.insert(plugin.command.end(), exec.args().begin(), exec.args().end());
  plugin.install_hint = exec.install_hint();
  plugin.provide_cluster_info = exec.provide_cluster_info();
  if (plugin.provide_cluster_info) plugin.cluster_config = find_extension(cluster);
  check_interactive_mode(entry, exec);
  read_variables(entry, exec, &plugin);
}

}  // namespace portico
