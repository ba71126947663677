#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace portico {

// Text that came from elsewhere, for a log line or an error: in quotes, what is no printable ASCII
// escaped as in C, and cut when it is long.
std::string quote(absl::string_view text);

// The same without the quotes.
std::string escape(absl::string_view text);

}  // namespace portico
