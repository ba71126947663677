#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "controlplane/cli/environment.h"
#include "controlplane/cli/exit_code.h"

namespace portico::cli {

// porticoctl as a function. `arguments` without the program's name.
ExitCode run(const std::vector<std::string>& arguments, const Environment& environment,
             std::ostream& out, std::ostream& error);

}  // namespace portico::cli
