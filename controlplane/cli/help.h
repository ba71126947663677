#pragma once

#include <string>

#include "controlplane/cli/command.h"

namespace portico::cli {

// What `porticoctl PATH --help` prints; `path` is the command's with its parents: "porticoctl get".
std::string help_text(const CommandInfo& command, const std::string& path);

}  // namespace portico::cli
