#include "controlplane/kubernetes/manifest_files.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace portico {

bool is_manifest_name(absl::string_view name) {
  if (absl::StartsWith(name, ".")) return false;
  return absl::EndsWith(name, ".yaml") || absl::EndsWith(name, ".yml");
}

absl::StatusOr<std::vector<std::string>> list_manifest_files(const std::string& path) {
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(path, error);
  if (!std::filesystem::exists(status)) {
    const int reason = error ? error.value() : ENOENT;
    return absl::ErrnoToStatus(reason, path);
  }
  if (!std::filesystem::is_directory(status)) return std::vector<std::string>{path};

  std::vector<std::string> files;
  std::filesystem::directory_iterator entry(path, error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    if (is_manifest_name(entry->path().filename().string())) files.push_back(entry->path());
  }
  if (error) return absl::ErrnoToStatus(error.value(), path);
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace portico
