#pragma once

#include "controlplane/cli/command.h"

namespace portico::cli {

// Each with all that is below it.
CommandInfo get_command();
CommandInfo explain_command();
CommandInfo delete_command();
CommandInfo version_command();
CommandInfo completion_command();
CommandInfo help_command();

}  // namespace portico::cli
