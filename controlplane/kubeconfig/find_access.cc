#include "controlplane/kubeconfig/find_access.h"

#include <cstdlib>
#include <filesystem>
#include <set>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "controlplane/kubeconfig/kubeconfig.h"
#include "controlplane/yaml/load.h"

namespace portico {
namespace {

constexpr std::size_t kMaxBytes = std::size_t{16} << 20;

std::string value_of(const AccessEnvironment& environment, const std::string& name) {
  return environment.variable(name).value_or("");
}

bool exists(const std::string& path) {
  std::error_code error;
  return std::filesystem::exists(path, error);
}

absl::StatusOr<AccessConfig> read_files(const std::vector<std::string>& paths,
                                        const std::string& context) {
  std::vector<KubeconfigText> texts;
  for (const std::string& path : paths) {
    absl::StatusOr<std::string> text = read_text_file(path, kMaxBytes);
    if (!text.ok()) {
      return absl::Status(text.status().code(),
                          absl::StrCat("kubeconfig: ", text.status().message()));
    }
    texts.push_back({path, *std::move(text)});
  }
  return resolve_kubeconfig(texts, context);
}

// Those of $KUBECONFIG that are there, each once.
absl::StatusOr<std::vector<std::string>> listed_files(const std::string& list) {
  std::vector<std::string> found;
  std::set<std::string> seen;
  for (const absl::string_view part : absl::StrSplit(list, ':', absl::SkipEmpty())) {
    const std::string path(part);
    if (seen.insert(path).second && exists(path)) found.push_back(path);
  }
  if (!found.empty()) return found;
  return absl::NotFoundError(
      absl::StrCat("KUBECONFIG: there is no file ", absl::StrJoin(seen, ", ")));
}

// client-go's rest.InClusterConfig(), with the CA required: the API server has no other.
AccessConfig service_account(const std::string& host, const std::string& port,
                             const AccessEnvironment& environment) {
  AccessConfig config;
  config.name = "the Pod's service account";
  const bool ipv6 = absl::StrContains(host, ':');
  config.server = absl::StrCat("https://", ipv6 ? "[" : "", host, ipv6 ? "]" : "", ":", port);
  const std::string& folder = environment.service_account;
  config.ca = {"", absl::StrCat(folder, "/ca.crt"), config.name};
  config.token = {"", absl::StrCat(folder, "/token"), config.name};
  config.warnings.push_back(
      absl::StrCat("the server is ", config.server,
                   ", usually the cluster IP of the Service default/kubernetes. "
                   "A gateway that serves cluster IPs would need the API server to reach the API "
                   "server: give it "
                   "a kubeconfig with the server's own address"));
  return config;
}

absl::StatusOr<AccessConfig> choose(const AccessOptions& options,
                                    const AccessEnvironment& environment) {
  const std::string& context = options.context;
  if (!options.kubeconfig.empty()) return read_files({options.kubeconfig}, context);
  if (const std::string list = value_of(environment, "KUBECONFIG"); !list.empty()) {
    const absl::StatusOr<std::vector<std::string>> files = listed_files(list);
    return files.ok() ? read_files(*files, context) : files.status();
  }
  const std::string home = value_of(environment, "HOME");
  const std::string usual = absl::StrCat(home, "/.kube/config");
  if (!home.empty() && exists(usual)) return read_files({usual}, context);
  const std::string host = value_of(environment, "KUBERNETES_SERVICE_HOST");
  const std::string port = value_of(environment, "KUBERNETES_SERVICE_PORT");
  if (!host.empty() && !port.empty() && context.empty()) {
    return service_account(host, port, environment);
  }
  if (!context.empty()) {
    return absl::NotFoundError(absl::StrCat("--context: there is no kubeconfig to have \"", context,
                                            "\": no --kubeconfig, no KUBECONFIG, no file ", usual));
  }
  return absl::NotFoundError(
      absl::StrCat("no way into a cluster: no --kubeconfig, no KUBECONFIG, no file ", usual,
                   ", and no Pod (KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT)"));
}

}  // namespace

AccessEnvironment AccessEnvironment::of_process() {
  return {.variable = [](const std::string& name) -> std::optional<std::string> {
    const char* const value = std::getenv(name.c_str());
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
  }};
}

absl::StatusOr<AccessConfig> find_access(const AccessOptions& options,
                                         const AccessEnvironment& environment) {
  absl::StatusOr<AccessConfig> config = choose(options, environment);
  if (!config.ok() || !config->settings.proxy.empty()) return config;
  const absl::StatusOr<HttpUrl> server = parse_url(config->server);
  if (!server.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "KUBERNETES_SERVICE_HOST, KUBERNETES_SERVICE_PORT: the URL ", server.status().message()));
  }
  const std::string proxy = proxy_from_environment(*server, environment.variable);
  if (proxy.empty()) return config;
  if (const auto parsed = parse_proxy(proxy); !parsed.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("HTTPS_PROXY: the URL ", parsed.status().message()));
  }
  config->settings.proxy = proxy;
  return config;
}

}  // namespace portico
