#include "controlplane/cli/help.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"

namespace portico::cli {
namespace {

using Lines = std::vector<std::pair<std::string, std::string>>;

std::string columns(const Lines& lines) {
  std::size_t width = 0;
  for (const auto& [left, right] : lines) width = std::max(width, left.size());
  std::string text;
  for (const auto& [left, right] : lines) {
    absl::StrAppend(&text, "  ", left, std::string(width - left.size() + 3, ' '), right, "\n");
  }
  return text;
}

// Long names stand below each other: "-o, --output FORMAT", "    --timeout DURATION".
std::string option_column(const OptionInfo& option) {
  const std::string names = absl::StrReplaceAll(option.names, {{",", ", "}});
  return absl::StrCat(absl::StartsWith(names, "--") ? "    " : "", names,
                      option.value.empty() ? "" : " ", option.value);
}

std::string option_help(const OptionInfo& option) {
  // A help that names the choices itself need not be followed by them.
  const bool told = std::all_of(option.choices.begin(), option.choices.end(),
                                [&](const auto& c) { return absl::StrContains(option.help, c); });
  if (told) return option.help;
  return absl::StrCat(option.help, ": ", absl::StrJoin(option.choices, ", "));
}

std::string options_section(const std::vector<OptionInfo>& options) {
  Lines lines;
  for (const OptionInfo& option : options) {
    lines.emplace_back(option_column(option), option_help(option));
  }
  return columns(lines);
}

}  // namespace

std::string help_text(const CommandInfo& command, const std::string& path) {
  const bool is_root = &command == &root_command();
  const bool is_group = !command.commands.empty();
  std::string text = absl::StrCat(command.description, "\n\nUsage:\n  ", path);
  if (is_group) absl::StrAppend(&text, " COMMAND");
  if (!command.arguments.empty()) absl::StrAppend(&text, " ", command.arguments);
  absl::StrAppend(&text, " [options]\n");
  if (!command.aliases.empty()) {
    absl::StrAppend(&text, "\nAlso called: ", absl::StrJoin(command.aliases, ", "), "\n");
  }
  if (is_group) {
    Lines lines;
    for (const CommandInfo& below : command.commands) lines.emplace_back(below.name, below.summary);
    absl::StrAppend(&text, "\nCommands:\n", columns(lines));
  }
  if (!command.examples.empty()) absl::StrAppend(&text, "\nExamples:\n", command.examples, "\n");
  if (!is_root && !command.options.empty()) {
    absl::StrAppend(&text, "\nOptions:\n", options_section(command.options));
  }
  absl::StrAppend(&text, is_root ? "\nOptions:\n" : "\nGlobal options:\n",
                  options_section(root_command().options));
  if (is_group) {
    absl::StrAppend(&text, "\n`", path, " COMMAND --help` tells more about a command.\n");
  }
  if (is_root) {
    absl::StrAppend(&text,
                    "\nEnvironment: PORTICO_GATEWAY instead of --gateway, PORTICO_GATEWAY_CA, "
                    "_CERTIFICATE, _KEY and\n"
                    "_NAME instead of the options for TLS; NO_COLOR for no colours."
                    "\nExit status: 0 success, 1 the request failed, 2 the command line is wrong, "
                    "3 no gateway answers.\n");
  }
  return text;
}

}  // namespace portico::cli
