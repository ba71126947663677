#include <ostream>

#include "absl/strings/str_cat.h"
#include "controlplane/cli/commands.h"
#include "controlplane/cli/filter_options.h"
#include "controlplane/cli/json.h"
#include "controlplane/cli/text.h"

namespace portico::cli {
namespace {

absl::Status check_delete_connections(Options& options) {
  if (options.all && options.has_filter()) {
    return absl::InvalidArgumentError("--all and a filter exclude each other");
  }
  if (!options.all && !options.has_filter()) {
    return absl::InvalidArgumentError(
        "no filter is given: choose connections by one, or say --all to end every one");
  }
  return absl::OkStatus();
}

absl::Status run_delete_connections(Context& context) {
  v1::DeleteConnectionsRequest request;
  *request.mutable_filter() = context.options.filter;
  request.set_all(context.options.all);
  const auto response = context.client.delete_connections(request);
  if (!response.ok()) return response.status();
  if (context.json()) {
    context.out << to_json(*response);
  } else {
    context.out << count_to_string(response->deleted(), "connection") << " deleted\n";
  }
  return absl::OkStatus();
}

CommandInfo delete_connections_command() {
  CommandInfo command;
  command.name = "connections";
  command.summary = "End connections that a filter chooses";
  command.description =
      "End connections at once, without a word to either side. The next packet of one belongs\n"
      "to no connection: in mid-stream of TCP its sender is reset, or picked up, as the\n"
      "configuration says. All filters that are given must match.";
  command.examples =
      "  # Those of one client to one Service\n"
      "  porticoctl delete connections --client 10.20.0.10 --service "
      "default/hello-world-service\n\n"
      "  # Those to one endpoint\n"
      "  porticoctl delete connections --endpoint 192.168.1.3\n\n"
      "  # Every connection\n"
      "  porticoctl delete connections --all";
  command.options = filter_options();
  command.options.push_back({"--all",
                             "",
                             "Every connection; excludes filters",
                             {},
                             [](absl::string_view, Options& options) {
                               options.all = true;
                               return absl::OkStatus();
                             }});
  command.check = check_delete_connections;
  command.run = run_delete_connections;
  return command;
}

}  // namespace

CommandInfo delete_command() {
  CommandInfo command;
  command.name = "delete";
  command.summary = "End connections";
  command.description =
      "Delete what the gateway itself made. Services, endpoints and routes are their controller's: "
      "delete\nthem where it has them from.";
  command.commands = {delete_connections_command()};
  return command;
}

}  // namespace portico::cli
