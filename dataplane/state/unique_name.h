#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace portico {

// DPDK finds its tables by name, within a process; nobody looks ours up, so each gets a name of its
// own: "portico_hash_7". Short enough for every kind of table (31 characters) when `kind` has at
// most 12.
std::string unique_name(absl::string_view kind);

}  // namespace portico
