#pragma once

// Which files a manifest path stands for.

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace portico {

// Whether a file of a manifest folder is read: *.yaml and *.yml, but not what begins with a dot,
// where editors and ConfigMap volumes keep what is not meant for readers.
bool is_manifest_name(absl::string_view name);

// `path` itself if it is a file; if it is a folder, its manifest files, sorted by name. Subfolders
// are not entered. An error names the path.
absl::StatusOr<std::vector<std::string>> list_manifest_files(const std::string& path);

}  // namespace portico
