#pragma once

#include <string>
#include <vector>

#include "controlplane/cli/command.h"

namespace portico::cli {

// The flags that choose connections; they fill Options::filter.
std::vector<OptionInfo> filter_options();

// "namespace/name" for a name that has no namespace: the given one, or "default" as kubectl does.
std::string qualified_name(const std::string& name, const std::string& name_space);

}  // namespace portico::cli
