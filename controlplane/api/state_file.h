#pragma once

// One source's last accepted state as a file; the format is proto/portico/state/v1/state.proto.

#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "controlplane/api/ledger.h"

namespace portico {

// Writes beside `path`, syncs and renames: whenever the machine stops, `path` is the file of before
// or the new one. Internal or Unavailable names the file and the system's reason. `rest` is called
// after every few objects, so that a long file can be written in pieces.
absl::Status write_state_file(
    const std::string& path, const SourceSnapshot& snapshot,
    absl::FunctionRef<void()> rest = [] {});

//   NotFound      there is no such file
//   Unavailable   it can't be read; the system's reason
//   DataLoss      it is damaged, and where
//   Unimplemented its format is of a later version
absl::StatusOr<SourceSnapshot> read_state_file(const std::string& path);

}  // namespace portico
