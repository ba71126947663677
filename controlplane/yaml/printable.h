#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace portico {

// `text`, which may come from anybody's file, fit for a terminal and a log: on one line, control
// characters (C0, DEL, and C1 in UTF-8) as \x1b, cut with "..." when it is very long.
std::string printable(absl::string_view text);

}  // namespace portico
