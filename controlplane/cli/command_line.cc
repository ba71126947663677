#include "controlplane/cli/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "include/portico/quote.h"

namespace portico::cli {
namespace {

// The choice that is meant, whatever its case.
absl::StatusOr<std::string> choose(const std::string& text,
                                   const std::vector<std::string>& choices) {
  if (choices.empty()) return text;
  for (const std::string& choice : choices) {
    if (absl::EqualsIgnoreCase(choice, text)) return choice;
  }
  return absl::InvalidArgumentError(
      absl::StrCat(quote(text), " is none of ", absl::StrJoin(choices, ", ")));
}

absl::Status set_option(const OptionInfo& option, const std::string& text, Options& options) {
  const absl::StatusOr<std::string> value = choose(text, option.choices);
  return value.ok() ? option.set(*value, options) : value.status();
}

// Builds CLI11's parser from the commands' data and lets it fill a CommandLine.
class Parser {
 public:
  explicit Parser(CommandLine& line) : line_(line) {
    line_.command = &root_command();
    line_.path = root_command().name;
    build(app_, root_command(), line_.path);
  }

  absl::Status parse(std::vector<std::string> arguments) {
    std::reverse(arguments.begin(), arguments.end());  // as CLI11 takes them
    try {
      app_.parse(std::move(arguments));
    } catch (const CLI::ExtrasError&) {
      return unexpected(app_.remaining(true));
    } catch (const CLI::ArgumentMismatch& error) {
      const std::string text = error.what();  // "--timeout: 1 required DURATION missing"
      return absl::InvalidArgumentError(text.substr(0, text.find(':')) + " needs a value");
    } catch (const CLI::ParseError& error) {
      return absl::InvalidArgumentError(error.what());
    }
    return absl::OkStatus();
  }

 private:
  void build(CLI::App& app, const CommandInfo& command, const std::string& path) {
    app.set_help_flag();
    for (const OptionInfo& option : command.options) add_option(app, option);
    // How many there may be is for check(), which says it better.
    if (command.run) app.add_option("ARGUMENTS", line_.options.arguments)->expected(0, 1 << 20);
    // At most one command a level, so that an argument is never taken for a second one.
    if (!command.commands.empty()) app.require_subcommand(0, 1);
    for (const CommandInfo& below : command.commands) {
      CLI::App* child = app.add_subcommand(below.name);
      for (const std::string& alias : below.aliases) child->alias(alias);
      const std::string child_path = absl::StrCat(path, " ", below.name);
      // Global options may stand behind the command.
      child->fallthrough();
      child->preparse_callback([this, &below, child_path](std::size_t) {
        line_.command = &below;
        line_.path = child_path;
      });
      build(*child, below, child_path);
    }
  }

  void add_option(CLI::App& app, const OptionInfo& option) {
    const auto take = [this, &option](const std::string& text) {
      const absl::Status status = set_option(option, text, line_.options);
      if (status.ok()) return;
      const std::string long_name = option.names.substr(option.names.find("--"));
      throw CLI::ValidationError(long_name, std::string(status.message()));
    };
    if (option.value.empty()) {
      app.add_flag_function(option.names, [take](std::int64_t) { take(""); });
    } else {
      app.add_option_function<std::string>(option.names, take)->type_name(option.value);
    }
  }

  absl::Status unexpected(const std::vector<std::string>& extras) const {
    const std::string first = extras.empty() ? "" : extras.front();
    if (absl::StartsWith(first, "-")) {
      return absl::InvalidArgumentError(absl::StrCat("unknown option ", escape(first)));
    }
    return absl::InvalidArgumentError(absl::StrCat(
        "unknown command ", quote(first), ": there are ",
        absl::StrJoin(line_.command->commands, ", ", [](std::string* out, const CommandInfo& c) {
          absl::StrAppend(out, c.name);
        })));
  }

  CommandLine& line_;
  CLI::App app_;
};

absl::Status set_default_gateway(const Environment& environment, Options& options) {
  if (!options.gateway.text.empty()) return absl::OkStatus();
  const bool from_environment = !environment.gateway.empty();
  const absl::StatusOr<GatewayAddress> gateway =
      parse_gateway(from_environment ? environment.gateway : kDefaultGateway);
  if (!gateway.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("PORTICO_GATEWAY: ", gateway.status().message()));
  }
  options.gateway = *gateway;
  return absl::OkStatus();
}

// Each that the command line does not say is the environment's.
absl::Status complete_tls(const ChannelTls& environment, ChannelTls& tls) {
  for (const auto text :
       {&ChannelTls::ca, &ChannelTls::certificate, &ChannelTls::key, &ChannelTls::server_name}) {
    if ((tls.*text).empty()) tls.*text = environment.*text;
  }
  const bool is_whole = !tls.ca.empty() && !tls.certificate.empty() && !tls.key.empty();
  const bool is_empty = tls.ca.empty() && tls.certificate.empty() && tls.key.empty();
  if (is_whole || (is_empty && tls.server_name.empty())) return absl::OkStatus();
  return absl::InvalidArgumentError(
      "TLS takes --gateway-ca, --gateway-certificate and --gateway-key, all three");
}

absl::Status check(CommandLine& line, const Environment& environment) {
  const CommandInfo& command = *line.command;
  if (!command.run) return absl::InvalidArgumentError("a command is needed");
  const std::vector<std::string>& arguments = line.options.arguments;
  if (arguments.size() < command.min_arguments) {
    return absl::InvalidArgumentError(absl::StrCat("it takes ", command.arguments));
  }
  if (arguments.size() > command.max_arguments) {
    return absl::InvalidArgumentError(
        absl::StrCat("unexpected argument ", quote(arguments[command.max_arguments])));
  }
  if (absl::Status status = set_default_gateway(environment, line.options); !status.ok()) {
    return status;
  }
  if (absl::Status status = complete_tls(environment.tls, line.options.tls); !status.ok()) {
    return status;
  }
  return command.check ? command.check(line.options) : absl::OkStatus();
}

}  // namespace

CommandLine parse_command_line(const std::vector<std::string>& arguments,
                               const Environment& environment) {
  CommandLine line;
  line.status = Parser(line).parse(arguments);
  if (line.status.ok() && !line.options.help && !line.options.version) {
    line.status = check(line, environment);
  }
  return line;
}

}  // namespace portico::cli
