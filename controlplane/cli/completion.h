#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "controlplane/cli/command.h"

namespace portico::cli {

// A script for `shell` (bash, zsh or fish) that completes commands, options and their choices;
// InvalidArgument for another shell.
absl::StatusOr<std::string> completion_script(absl::string_view shell, const CommandInfo& root);

}  // namespace portico::cli
