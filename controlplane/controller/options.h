#pragma once

// The command line of portico-controller.

#include <string>
#include <variant>
#include <vector>

#include "controlplane/controller/log.h"
#include "controlplane/tls/channel_tls.h"
#include "controlplane/translate/options.h"

namespace portico {

struct ControllerOptions {
  std::string manifests;   // empty: the objects come from a cluster
  std::string kubeconfig;  // empty: find_access.h says where the way into the cluster is looked for
  std::string context;     // of the kubeconfig; empty: its current one
  bool events = true;      // whether Events are written into the cluster
  std::vector<std::string> gateways = {"unix:/run/portico/porticod.sock"};
  ChannelTls gateway_tls;  // for gateways that are not UNIX sockets
  std::string source;      // "manifests" or "kubernetes", unless given
  TranslateOptions translate;
  bool once = false;
  bool print = false;          // with `once`: what would be pushed, to no gateway
  std::string status_address;  // "127.0.0.1:9127"; empty: no metrics
  bool check = false;
  std::string log_level = "info";
  LogFormat log_format = LogFormat::kText;
};

// The options, or the status to exit with at once: 0 when help or version were asked for and given,
// 2 when the command line was wrong, which has been said.
std::variant<ControllerOptions, int> parse_command_line(int argc, char** argv);

// What may not be what its author had in mind.
std::vector<std::string> warnings_of(const ControllerOptions& options);

}  // namespace portico
