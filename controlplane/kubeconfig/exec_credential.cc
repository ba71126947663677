#include "controlplane/kubeconfig/exec_credential.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "controlplane/kubeconfig/entries.h"
#include "controlplane/yaml/load.h"
#include "controlplane/yaml/read.h"
#include "google/protobuf/util/json_util.h"
#include "proto/kubernetes/kubeconfig.pb.h"

namespace portico {
namespace {

using google::protobuf::Struct;

void set(Struct* to, const std::string& name, const std::string& text) {
  if (!text.empty()) (*to->mutable_fields())[name].set_string_value(text);
}

void set(Struct* to, const std::string& name, bool flag) {
  if (flag) (*to->mutable_fields())[name].set_bool_value(true);
}

Struct cluster_info(const AccessConfig& config, const std::string& ca) {
  Struct cluster;
  set(&cluster, "server", config.server);
  set(&cluster, "tls-server-name", config.settings.server_name);
  set(&cluster, "insecure-skip-tls-verify", config.settings.insecure);
  set(&cluster, "certificate-authority-data", absl::Base64Escape(ca));
  set(&cluster, "proxy-url", config.settings.proxy);
  set(&cluster, "disable-compression", !config.settings.compression);
  if (config.exec->cluster_config.kind_case() != google::protobuf::Value::KIND_NOT_SET) {
    (*cluster.mutable_fields())["config"] = config.exec->cluster_config;
  }
  return cluster;
}

absl::Status wrong(absl::string_view what) {
  return absl::InvalidArgumentError(what);
}

// What can be said of it without its texts.
absl::Status check(const kubernetes::ExecCredential& credential, absl::string_view api_version) {
  if (credential.kind() != "ExecCredential") return wrong("its kind is not ExecCredential");
  if (credential.api_version() != api_version) {
    return wrong(absl::StrCat("its apiVersion is not the one asked for, ", api_version));
  }
  const kubernetes::ExecCredentialStatus& status = credential.status();
  const bool certificate = !status.client_certificate_data().empty();
  const bool key = !status.client_key_data().empty();
  if (certificate != key) return wrong("it has a client certificate or a key, but not both");
  if (!certificate && status.token().empty()) return wrong("it has no token and no certificate");
  if (!is_header_text(status.token())) return wrong("its token has characters that no token has");
  return absl::OkStatus();
}

}  // namespace

std::string exec_info(const AccessConfig& config, const std::string& ca) {
  Struct info;
  set(&info, "kind", std::string("ExecCredential"));
  set(&info, "apiVersion", config.exec->api_version);
  Struct& spec = *(*info.mutable_fields())["spec"].mutable_struct_value();
  (*spec.mutable_fields())["interactive"].set_bool_value(false);
  if (config.exec->provide_cluster_info) {
    *(*spec.mutable_fields())["cluster"].mutable_struct_value() = cluster_info(config, ca);
  }
  std::string json;
  // A Struct of finite numbers can always be written.
  static_cast<void>(google::protobuf::util::MessageToJsonString(info, &json));
  return json;
}

absl::StatusOr<ExecAnswer> parse_exec_answer(absl::string_view text,
                                             absl::string_view api_version) {
  Faults faults("answer");
  const YamlDocuments documents = load_yaml(text, {.bytes = 1 << 20, .nodes = 10'000}, &faults);
  kubernetes::ExecCredential credential;
  if (documents.size() != 1 ||
      !read_yaml(documents[0], &credential, {UnknownFields::kIgnore, FieldNames::kJson}, &faults)) {
    return wrong("it is no JSON object as an ExecCredential is");
  }
  if (const absl::Status status = check(credential, api_version); !status.ok()) return status;
  const kubernetes::ExecCredentialStatus& status = credential.status();
  ExecAnswer answer{status.token(), status.client_certificate_data(), status.client_key_data(),
                    absl::InfiniteFuture()};
  std::string error;
  if (!status.expiration_timestamp().empty() &&
      !absl::ParseTime(absl::RFC3339_full, status.expiration_timestamp(), &answer.expires,
                       &error)) {
    return wrong("its expirationTimestamp is no time (RFC 3339)");
  }
  return answer;
}

}  // namespace portico
