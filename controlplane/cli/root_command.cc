#include <algorithm>
#include <ostream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "controlplane/cli/commands.h"
#include "controlplane/cli/completion.h"
#include "controlplane/cli/help.h"
#include "controlplane/cli/json.h"
#include "controlplane/cli/text.h"
#include "include/portico/quote.h"

namespace portico::cli {
namespace {

absl::Status run_version(Context& context) {
  absl::Status reached;
  std::string gateway;
  if (!context.options.client_only) {
    const absl::StatusOr<v1::Status> status = context.client.status();
    reached = status.status();
    if (status.ok()) gateway = status->version();
  }
  if (context.json()) {
    context.out << "{\n \"client\": " << to_json(absl::string_view(PORTICO_VERSION))
                << ",\n \"gateway\": " << (gateway.empty() ? "null" : to_json(gateway)) << "\n}\n";
  } else {
    context.out << "Client:   " PORTICO_VERSION "\n";
    if (!gateway.empty()) context.out << "Gateway:  " << printable(gateway) << "\n";
  }
  return reached;
}

OptionInfo tls_option(const std::string& name, const std::string& value, const std::string& help,
                      std::string ChannelTls::*text) {
  return {name, value, help, {}, [name, text](absl::string_view given, Options& options) {
            options.tls.*text = std::string(given);
            return given.empty() ? absl::InvalidArgumentError("is empty") : absl::OkStatus();
          }};
}

// They are understood before and after any command.
std::vector<OptionInfo> global_options() {
  return {
      {"--gateway",
       "ADDRESS",
       absl::StrCat("unix:PATH or HOST:PORT (default ", kDefaultGateway, ")"),
       {},
       [](absl::string_view text, Options& options) {
         const absl::StatusOr<GatewayAddress> gateway = parse_gateway(text);
         if (gateway.ok()) options.gateway = *gateway;
         return gateway.status();
       }},
      tls_option("--gateway-ca", "FILE", "Over TLS to HOST:PORT: who signed its certificate (PEM)",
                 &ChannelTls::ca),
      tls_option("--gateway-certificate", "FILE", "The certificate to show to it (PEM)",
                 &ChannelTls::certificate),
      tls_option("--gateway-key", "FILE", "Its key (PEM)", &ChannelTls::key),
      tls_option("--gateway-name", "NAME",
                 "The name in the gateway's certificate, if not the host's",
                 &ChannelTls::server_name),
      {"-o,--output",
       "FORMAT",
       "table, wide (more columns) or json (default table)",
       {"table", "wide", "json"},
       [](absl::string_view text, Options& options) {
         options.output = text == "json"   ? OutputFormat::kJson
                          : text == "wide" ? OutputFormat::kWide
                                           : OutputFormat::kTable;
         return absl::OkStatus();
       }},
      {"--timeout",
       "DURATION",
       "How long an answer may take; 0 waits for ever (default 10s)",
       {},
       [](absl::string_view text, Options& options) {
         const absl::StatusOr<absl::Duration> timeout = parse_timeout(text);
         if (timeout.ok()) options.timeout = *timeout;
         return timeout.status();
       }},
      {"-h,--help",
       "",
       "This text",
       {},
       [](absl::string_view, Options& options) {
         options.help = true;
         return absl::OkStatus();
       }},
      {"--version",
       "",
       "This program's version",
       {},
       [](absl::string_view, Options& options) {
         options.version = true;
         return absl::OkStatus();
       }},
  };
}

CommandInfo make_root_command() {
  CommandInfo command;
  command.name = "porticoctl";
  command.description =
      "porticoctl shows what a Portico gateway has and does, and explains what it would do.";
  command.examples =
      "  # What the gateway forwards, and to whom\n"
      "  porticoctl get services\n"
      "  porticoctl get endpoints default/hello-world-service\n\n"
      "  # Why does a client not get through?\n"
      "  porticoctl explain tcp 10.20.0.10 10.100.3.59:80\n"
      "  porticoctl get drops\n\n"
      "  # Another gateway\n"
      "  porticoctl --gateway gateway-2:9000 get status";
  command.options = global_options();
  command.commands = {get_command(),     explain_command(),    delete_command(),
                      version_command(), completion_command(), help_command()};
  return command;
}

// The command whose help is asked for, with its path; null when there is none.
std::pair<const CommandInfo*, std::string> asked_for(const std::vector<std::string>& names) {
  const CommandInfo* command = &root_command();
  std::string path = command->name;
  for (const std::string& name : names) {
    command = find_command(*command, name);
    if (command == nullptr) break;
    absl::StrAppend(&path, " ", command->name);
  }
  return {command, path};
}

}  // namespace

const CommandInfo* find_command(const CommandInfo& command, absl::string_view name) {
  for (const CommandInfo& below : command.commands) {
    const bool is_alias =
        std::find(below.aliases.begin(), below.aliases.end(), name) != below.aliases.end();
    if (below.name == name || is_alias) return &below;
  }
  return nullptr;
}

CommandInfo help_command() {
  CommandInfo command;
  command.name = "help";
  command.summary = "What a command does, as with --help";
  command.description = "Tell what porticoctl or one of its commands does.";
  command.examples = "  porticoctl help\n  porticoctl help get services";
  command.arguments = "[COMMAND...]";
  command.max_arguments = 8;
  command.check = [](Options& options) {
    if (asked_for(options.arguments).first != nullptr) return absl::OkStatus();
    return absl::InvalidArgumentError(
        absl::StrCat("there is no command ", quote(absl::StrJoin(options.arguments, " "))));
  };
  command.run = [](Context& context) {
    const auto [asked, path] = asked_for(context.options.arguments);
    context.out << help_text(*asked, path);
    return absl::OkStatus();
  };
  return command;
}

CommandInfo version_command() {
  CommandInfo command;
  command.name = "version";
  command.summary = "The versions of porticoctl and of the gateway";
  command.description =
      "Print the versions of porticoctl and of the gateway. Without a gateway that answers, the\n"
      "client's alone; the exit status is then 3.";
  command.examples =
      "  porticoctl version\n\n"
      "  # Without asking the gateway\n"
      "  porticoctl version --client";
  command.options = {
      {"--client", "", "Only this program's version", {}, [](absl::string_view, Options& options) {
         options.client_only = true;
         return absl::OkStatus();
       }}};
  command.run = run_version;
  return command;
}

CommandInfo completion_command() {
  CommandInfo command;
  command.name = "completion";
  command.summary = "Print a script that completes commands in a shell";
  command.description =
      "Print a script that completes porticoctl's commands, options and values in a shell.";
  command.examples =
      "  # bash, this session\n"
      "  source <(porticoctl completion bash)\n\n"
      "  # bash, every session\n"
      "  porticoctl completion bash > /etc/bash_completion.d/porticoctl\n\n"
      "  # zsh: into a folder of $fpath\n"
      "  porticoctl completion zsh > /usr/local/share/zsh/site-functions/_porticoctl\n\n"
      "  # fish\n"
      "  porticoctl completion fish > ~/.config/fish/completions/porticoctl.fish";
  command.arguments = "bash|zsh|fish";
  command.min_arguments = 1;
  command.max_arguments = 1;
  command.argument_choices = {"bash", "zsh", "fish"};
  command.check = [](Options& options) {
    return completion_script(options.arguments[0], CommandInfo()).status();
  };
  command.run = [](Context& context) {
    context.out << *completion_script(context.options.arguments[0], root_command());
    return absl::OkStatus();
  };
  return command;
}

const CommandInfo& root_command() {
  static const CommandInfo command = make_root_command();
  return command;
}

}  // namespace portico::cli
