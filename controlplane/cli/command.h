#pragma once

// The commands as data: the parser, the help texts and the shell completions all come from it, so
// that none of them forgets what another knows.

#include <functional>
#include <iosfwd>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "controlplane/cli/client.h"
#include "controlplane/cli/environment.h"
#include "controlplane/cli/options.h"

namespace portico::cli {

struct OptionInfo {
  std::string names;                 // "-o,--output"
  std::string value;                 // "FORMAT"; empty: a flag
  std::string help;                  // a phrase
  std::vector<std::string> choices;  // every value it takes; empty: a free one
  // Takes the text ("" for a flag); InvalidArgument tells what is wrong with it.
  std::function<absl::Status(absl::string_view text, Options& options)> set;
};

// What a command has at hand while it runs.
struct Context {
  const Options& options;
  const Environment& environment;
  Client& client;
  std::ostream& out;
  std::ostream& error;

  bool json() const { return options.output == OutputFormat::kJson; }
  bool wide() const { return options.output == OutputFormat::kWide; }
};

struct CommandInfo {
  std::string name;
  std::vector<std::string> aliases{};  // kubectl's other names for the same
  std::string summary;                 // a line in the list of commands
  std::string description;             // paragraphs, above the usage
  std::string examples;                // lines, indented as they are printed
  std::string arguments;               // "[NAME]", "SOURCE DESTINATION"
  std::size_t min_arguments = 0;
  std::size_t max_arguments = 0;
  std::vector<std::string> argument_choices;  // of the first argument; empty: a free one
  std::vector<OptionInfo> options;
  std::vector<CommandInfo> commands;
  // Both absent for a group of commands.
  std::function<absl::Status(Options& options)> check;  // InvalidArgument: a usage error
  std::function<absl::Status(Context& context)> run;    // OK, or why the request failed
};

// The command of that name or alias below `command`; null when there is none.
const CommandInfo* find_command(const CommandInfo& command, absl::string_view name);

// `porticoctl` with all that is below it.
const CommandInfo& root_command();

}  // namespace portico::cli
