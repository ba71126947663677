#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "controlplane/cli/command.h"
#include "controlplane/cli/environment.h"
#include "controlplane/cli/options.h"

namespace portico::cli {

// One command line, understood as far as it went.
struct CommandLine {
  const CommandInfo* command = nullptr;  // never absent after parse_command_line()
  std::string path;                      // "porticoctl get services"
  Options options;
  absl::Status status;  // InvalidArgument: what is wrong with it
};

// `arguments` without the program's name. Does not check what help does not need.
CommandLine parse_command_line(const std::vector<std::string>& arguments,
                               const Environment& environment);

}  // namespace portico::cli
