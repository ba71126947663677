#include "controlplane/kubeconfig/entries.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "controlplane/http/proxy.h"
#include "controlplane/http/url.h"

namespace portico {
namespace {

void read_server(const KubeconfigEntry& entry, const std::string& server, AccessConfig* config) {
  if (server.empty()) return entry.fault("server", "is missing");
  const absl::StatusOr<HttpUrl> url = parse_url(server);
  if (!url.ok()) return entry.fault("server", absl::StrCat("the URL ", url.status().message()));
  if (url->scheme != "https" && url->scheme != "http") {
    return entry.fault("server", "must begin with https://");
  }
  if (!url->user.empty() || !url->password.empty()) {
    return entry.fault("server", "must not have a user; users have a place of their own");
  }
  if (absl::StrContains(url->target, '?')) return entry.fault("server", "must not have a query");
  config->server = absl::StrCat(url->origin(), url->target);
  while (absl::EndsWith(config->server, "/")) config->server.pop_back();
  if (url->scheme == "http") {
    config->warnings.push_back("credentials go over http, for everybody on the way to read");
  }
}

// net/http's names (RFC 9110 section 5.6.2) as they are, all else as %XX, as client-go's
// headerKeyEscape() has it.
std::string escaped_key(absl::string_view key) {
  std::string escaped;
  for (const char c : key) {
    const bool plain = absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
                       absl::StrContains("!#$&'*+-.^_`|~", c);
    if (plain) {
      escaped += c;
    } else {
      absl::StrAppendFormat(&escaped, "%%%02X", static_cast<unsigned char>(c));
    }
  }
  return escaped;
}

void impersonate(const KubeconfigEntry& entry, absl::string_view field, absl::string_view header,
                 const std::string& value, AccessConfig* config) {
  if (!is_header_text(value)) return entry.fault(field, "has a character that no header may have");
  config->impersonation.emplace_back(std::string(header), value);
}

void read_extra(const KubeconfigEntry& entry, AccessConfig* config) {
  constexpr absl::string_view kField = "as-user-extra";
  const YamlNode* const extra = entry.find(kField);
  if (extra == nullptr || extra->is_null()) return;
  if (!extra->is_map()) return entry.fault(kField, "must be a mapping of lists");
  for (const YamlEntry& item : extra->entries) {
    if (item.value->is_null()) continue;
    if (item.key.empty()) return entry.fault(kField, "has an empty key");
    if (!item.value->is_sequence()) return entry.fault(kField, "must be a mapping of lists");
    for (const YamlNode* const value : item.value->items) {
      if (!value->is_scalar()) return entry.fault(kField, "must be a mapping of lists of texts");
      impersonate(entry, kField, absl::StrCat("impersonate-extra-", escaped_key(item.key)),
                  value->text, config);
    }
  }
}

void read_impersonation(const KubeconfigEntry& entry, const kubernetes::User& user,
                        AccessConfig* config) {
  if (!user.as().empty()) impersonate(entry, "as", "impersonate-user", user.as(), config);
  if (!user.as_uid().empty()) {
    impersonate(entry, "as-uid", "impersonate-uid", user.as_uid(), config);
  }
  for (const std::string& group : user.as_groups()) {
    impersonate(entry, "as-groups", "impersonate-group", group, config);
  }
  read_extra(entry, config);
  if (user.as().empty() && !config->impersonation.empty()) {
    entry.fault("as", "is missing, but as-uid, as-groups or as-user-extra is there");
  }
}

void read_certificate(const KubeconfigEntry& entry, const kubernetes::User& user,
                      AccessConfig* config) {
  config->certificate = read_text_or_file(entry, "client-certificate", user.client_certificate(),
                                          user.client_certificate_data());
  config->key = read_text_or_file(entry, "client-key", user.client_key(), user.client_key_data());
  if (config->certificate.is_there() == config->key.is_there()) return;
  const bool key = config->key.is_there();
  entry.fault(key ? "client-certificate" : "client-key",
              absl::StrCat("is missing, but client-", key ? "key" : "certificate", " is there"));
}

void read_token(const KubeconfigEntry& entry, const kubernetes::User& user, AccessConfig* config) {
  const bool basic = !user.username().empty() || !user.password().empty();
  // As in client-go, a file goes before a text.
  config->token = {.text = user.token_file().empty() ? user.token() : "",
                   .file = entry.resolve(user.token_file()),
                   .where = entry.where(user.token_file().empty() ? "token" : "tokenFile")};
  if (!is_header_text(user.token())) entry.fault("token", "has a character that no token has");
  if (basic && config->token.is_there()) {
    entry.fault("username", "there is a token too, and only one of them can be sent");
  }
  if (absl::StrContains(user.username(), ':')) {  // RFC 7617 section 2
    entry.fault("username", "must not have a colon");
  }
  config->username = user.username();
  config->password = user.password();
}

}  // namespace

bool is_header_text(absl::string_view text) {
  return std::none_of(text.begin(), text.end(),
                      [](unsigned char c) { return absl::ascii_iscntrl(c) && c != '\t'; });
}

TextOrFile read_text_or_file(const KubeconfigEntry& entry, absl::string_view field,
                             const std::string& file, const std::string& data) {
  const std::string data_field = absl::StrCat(field, "-data");
  if (!file.empty() && !data.empty()) {
    entry.fault(field, absl::StrCat("there is ", data_field, " too, and only one of them counts"));
    return {};
  }
  if (data.empty()) return {"", entry.resolve(file), entry.where(field)};
  TextOrFile found{"", "", entry.where(data_field)};
  if (!absl::Base64Unescape(data, &found.text) || found.text.empty()) {
    entry.fault(data_field, "is no text in base64");
  }
  return found;
}

void read_cluster(const KubeconfigEntry& entry, const kubernetes::Cluster& cluster,
                  AccessConfig* config) {
  read_server(entry, cluster.server(), config);
  config->ca = read_text_or_file(entry, "certificate-authority", cluster.certificate_authority(),
                                 cluster.certificate_authority_data());
  HttpSettings& settings = config->settings;
  settings.insecure = cluster.insecure_skip_tls_verify();
  settings.server_name = cluster.tls_server_name();
  settings.compression = !cluster.disable_compression();
  settings.proxy = cluster.proxy_url();
  if (settings.insecure && config->ca.is_there()) {
    entry.fault("insecure-skip-tls-verify", "there is a certificate-authority too");
  }
  if (settings.insecure) {
    config->warnings.push_back(
        "insecure-skip-tls-verify: whoever answers at the server's address gets the credentials");
  }
  if (!is_header_text(settings.server_name) || absl::StrContains(settings.server_name, '/')) {
    entry.fault("tls-server-name", "is no name of a host");
  }
  if (settings.proxy.empty()) return;
  if (const auto proxy = parse_proxy(settings.proxy); !proxy.ok()) {
    entry.fault("proxy-url", absl::StrCat("the URL ", proxy.status().message()));
  }
}

void read_user(const KubeconfigEntry& entry, const kubernetes::User& user,
               const KubeconfigEntry& cluster, AccessConfig* config) {
  if (user.has_auth_provider()) {
    entry.fault("auth-provider",
                absl::StrCat("\"", user.auth_provider().name(),
                             "\" can't be used: such providers are part of client-go; use an exec "
                             "plugin or a token"));
  }
  read_certificate(entry, user, config);
  read_token(entry, user, config);
  read_impersonation(entry, user, config);
  if (!user.has_exec()) return;
  read_exec(entry, user.exec(), cluster, config);
  if (config->token.is_there() || !config->username.empty()) {
    config->warnings.push_back("the exec plugin is not used, since there is a token or a username");
    config->exec.reset();
  }
}

}  // namespace portico
