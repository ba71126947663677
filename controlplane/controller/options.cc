#include "controlplane/controller/options.h"

#include <algorithm>
#include <cstddef>

#include "CLI/CLI.hpp"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "controlplane/push/channel.h"

namespace portico {
namespace {

constexpr int kWrongCommandLine = 2;

// Validators of CLI11: empty when it is good.

std::string check_gateway(const std::string& target) {
  if (absl::StartsWith(target, "unix:/") || absl::StartsWith(target, "/")) return "";
  const std::size_t colon = target.rfind(':');
  int port = 0;
  const bool has_port = colon != std::string::npos && colon > 0 &&
                        absl::SimpleAtoi(target.substr(colon + 1), &port) && port >= 1 &&
                        port <= 65535;
  if (has_port) return "";
  return target + " is neither unix:/PATH nor HOST:PORT";
}

// Open.source in proto/portico/v1/push.proto.
std::string check_source(const std::string& name) {
  const auto good = [](char c) {
    return absl::ascii_islower(static_cast<unsigned char>(c)) ||
           absl::ascii_isdigit(static_cast<unsigned char>(c)) || c == '-';
  };
  if (!name.empty() && name.size() <= 63 && std::all_of(name.begin(), name.end(), good)) return "";
  return name + " is not 1 to 63 of a-z, 0-9 and -";
}

// `--manifests=` with nothing behind it would take the next option for the path.
std::string is_path(const std::string& path) {
  return path.empty() || path[0] == '-' ? "\"" + path + "\" is no path; ./ in front makes it one"
                                        : "";
}

std::string is_name(const std::string& name) {
  return name.empty() ? "is empty" : "";
}

void add_cluster(CLI::App* app, ControllerOptions* options) {
  app->add_option("--kubeconfig", options->kubeconfig,
                  "the way into the cluster; without it $KUBECONFIG, ~/.kube/config, or the Pod's "
                  "service account")
      ->check(is_path)
      ->excludes("--manifests")
      ->type_name("FILE");
  app->add_option("--context", options->context,
                  "the context of the kubeconfig that counts, in place of its current one")
      ->check(CLI::Validator(is_name, ""))
      ->excludes("--manifests")
      ->type_name("NAME");
  app->add_flag("!--no-events", options->events, "write no Events into the cluster");
}

// Where the gateways stand, for the rules that speak of kube-proxy's own node.
void add_standpoint(CLI::App* app, Standpoint* standpoint) {
  app->add_option_function<std::string>(
         "--local-traffic",
         [standpoint](const std::string& meaning) {
           standpoint->local_traffic =
               meaning == "strict" ? LocalTraffic::kStrict : LocalTraffic::kPreserveClientIp;
         },
         "what the traffic policy Local means: preserve-client-ip (every endpoint serves, and sees "
         "the client's address) or strict (only endpoints on --local-node)")
      ->check(CLI::IsMember({"preserve-client-ip", "strict"}))
      ->type_name("MEANING")
      ->default_str("preserve-client-ip");
  app->add_option("--local-node", standpoint->local_nodes,
                  "a node whose endpoints are local, with --local-traffic strict; may be given "
                  "several times")
      ->type_name("NAME");
  app->add_option("--zone", standpoint->zone,
                  "the zone that the gateways are in: endpoints with hints for it are preferred")
      ->type_name("NAME");
}

void check_standpoint(const Standpoint& standpoint) {
  if (standpoint.local_nodes.empty() || standpoint.local_traffic == LocalTraffic::kStrict) return;
  throw CLI::ValidationError("--local-node", "needs --local-traffic strict");
}

// All three of them, or none.
void add_tls(CLI::App* app, ChannelTls* tls) {
  CLI::Option* ca = app->add_option("--gateway-ca", tls->ca,
                                    "PEM file: who has signed the certificates of gateways at "
                                    "HOST:PORT; without it these are spoken to in the clear");
  CLI::Option* certificate = app->add_option("--gateway-certificate", tls->certificate,
                                             "PEM file: the certificate to show to gateways");
  CLI::Option* key = app->add_option("--gateway-key", tls->key, "PEM file: its key");
  app->add_option("--gateway-name", tls->server_name,
                  "the name in gateways' certificates, if not the host's")
      ->type_name("NAME")
      ->needs(ca);
  ca->type_name("FILE")->needs(certificate)->needs(key);
  certificate->type_name("FILE")->needs(ca);
  key->type_name("FILE")->needs(ca);
}

// What --once does with what it has made.
void add_output(CLI::App* app, CLI::Option* once, bool* print) {
  app->add_option_function<std::string>(
         "--output", [print](const std::string&) { *print = true; },
         "with --once: print what would be pushed, as yaml, in place of pushing it")
      ->check(CLI::IsMember({"yaml"}))
      ->type_name("FORMAT")
      ->needs(once);
}

}  // namespace

std::variant<ControllerOptions, int> parse_command_line(int argc, char** argv) {
  ControllerOptions options;
  CLI::App app("Fills gateways' tables from Kubernetes objects.", "portico-controller");
  app.set_version_flag("--version", "portico-controller " PORTICO_VERSION);
  app.add_option("--manifests", options.manifests,
                 "Services, EndpointSlices and Nodes as YAML: a file, or a folder with *.yaml and "
                 "*.yml files; read again whenever they change; without it they come from a "
                 "cluster")
      ->check(is_path)
      ->type_name("PATH");
  add_cluster(&app, &options);
  app.add_option("--gateway", options.gateways,
                 "a gateway to fill, may be given several times: unix:/PATH or HOST:PORT")
      ->check(CLI::Validator(check_gateway, ""))
      ->type_name("TARGET")
      ->take_all()
      ->capture_default_str();
  add_tls(&app, &options.gateway_tls);
  app.add_option("--source", options.source,
                 "the name under which the gateways keep what this controller pushes")
      ->check(CLI::Validator(check_source, ""))
      ->type_name("NAME")
      ->default_str("manifests or kubernetes");
  app.add_flag("!--no-node-routes", options.translate.node_routes,
               "do not make routes from Nodes' Pod networks");
  add_standpoint(&app, &options.translate.standpoint);
  auto* once = app.add_flag("--once", options.once,
                            "push once, wait until every gateway has answered, and exit: 0 if all "
                            "have acknowledged, 1 if one has refused");
  add_output(&app, once, &options.print);
  app.add_option("--status-address", options.status_address,
                 "an address and port for /metrics, /healthz and /readyz, over HTTP")
      ->type_name("ADDRESS:PORT");
  app.add_flag("--check", options.check,
               "push nothing; say what is wrong with the manifests and what is passed over, and "
               "exit: 0 if nothing is wrong, else 1")
      ->excludes(once);
  app.add_option("--log-level", options.log_level, "debug, info, warning or error")
      ->check(CLI::IsMember({"debug", "info", "warning", "error"}))
      ->type_name("LEVEL")
      ->capture_default_str();
  app.add_option_function<std::string>(
         "--log-format",
         [&options](const std::string& format) {
           options.log_format = format == "json" ? LogFormat::kJson : LogFormat::kText;
         },
         "text, or json: an object a line")
      ->check(CLI::IsMember({"text", "json"}))
      ->type_name("FORMAT")
      ->default_str("text");
  try {
    app.parse(argc, argv);
    if (options.source.empty()) {
      options.source = options.manifests.empty() ? "kubernetes" : "manifests";
    }
    if (options.check && options.manifests.empty()) {
      throw CLI::ValidationError("--check", "needs --manifests");
    }
    check_standpoint(options.translate.standpoint);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kWrongCommandLine;
  }
  return options;
}

std::vector<std::string> warnings_of(const ControllerOptions& options) {
  const Standpoint& standpoint = options.translate.standpoint;
  std::vector<std::string> warnings;
  if (standpoint.local_traffic == LocalTraffic::kStrict && standpoint.local_nodes.empty()) {
    warnings.push_back(
        "--local-traffic strict without --local-node: no endpoint is local, so all that comes "
        "under "
        "the traffic policy Local is dropped");
  }
  if (options.gateway_tls.is_there() || options.check || options.print) return warnings;
  for (const std::string& gateway : options.gateways) {
    if (is_local_target(gateway)) continue;
    warnings.push_back("--gateway " + gateway +
                       " without --gateway-ca: it is spoken to in the clear, and whoever is in "
                       "between can read and change what it gets");
  }
  return warnings;
}

}  // namespace portico
