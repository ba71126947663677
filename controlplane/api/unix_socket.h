#pragma once

#include <string>

#include "absl/status/status.h"

namespace portico {

// Makes way for a UNIX socket at `path`: creates its folder, and removes a socket that nobody
// listens on any more.
//   InvalidArgument      the path is too long for a socket's address, or not absolute
//   FailedPrecondition   something that is no socket is there
//   AlreadyExists        another process listens on it
//   Unavailable          the system's reason
absl::Status prepare_unix_socket(const std::string& path);

}  // namespace portico
