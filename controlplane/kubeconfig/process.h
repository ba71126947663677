#pragma once

// A program that is run to its end, within bounds.

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace portico {

struct ProcessRequest {
  std::vector<std::string> command;      // a path, or a name that PATH leads to; arguments
  std::vector<std::string> environment;  // "NAME=value": all of it
  std::chrono::milliseconds time_limit{60'000};
  std::size_t output_limit = std::size_t{1} << 20;
  int cancel = -1;  // a descriptor; once it can be read, the program is ended
};

struct ProcessResult {
  int exit_code = 0;   // 128 + N if signal N ended it, as shells have it
  std::string output;  // standard output
  std::string errors;  // the beginning of standard error
};

// Waits for the program; its standard input is empty. It has a process group of its own, all of
// which is killed beyond the limits. What it leaves behind with its output open is not waited for.
//
// NotFound or PermissionDenied: it can't be run. DeadlineExceeded, ResourceExhausted: a limit.
// Cancelled: as asked. Errors quote neither arguments nor output.
absl::StatusOr<ProcessResult> run_process(const ProcessRequest& request);

}  // namespace portico
