#include "dataplane/io/hugepages.h"

#include <cstdint>
#include <filesystem>
#include <fstream>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace portico {
namespace {

constexpr std::size_t kMebibyte = std::size_t{1} << 20;

std::size_t mebibytes(std::size_t bytes) {
  return (bytes + kMebibyte - 1) / kMebibyte;
}

}  // namespace

std::size_t free_hugepage_bytes(const std::string& directory) {
  std::size_t bytes = 0;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
    const std::string name = entry.path().filename();  // hugepages-2048kB
    absl::string_view size = name;
    std::size_t kibibytes = 0;
    if (!absl::ConsumePrefix(&size, "hugepages-") || !absl::ConsumeSuffix(&size, "kB") ||
        !absl::SimpleAtoi(size, &kibibytes)) {
      continue;
    }
    std::size_t pages = 0;
    std::ifstream(entry.path() / "free_hugepages") >> pages;
    bytes += pages * kibibytes * 1024;
  }
  return bytes;
}

absl::StatusOr<bool> use_hugepages(Hugepages wanted, std::size_t needed, std::size_t free) {
  if (wanted == Hugepages::kNever) return false;
  if (free >= needed) return true;
  if (wanted == Hugepages::kAuto) return false;
  return absl::FailedPreconditionError(absl::StrCat(
      "hugepages: always: the tables and packet buffers need ", mebibytes(needed), " MiB, and ",
      mebibytes(free), " MiB are free; reserve them with `sysctl vm.nr_hugepages=",
      (mebibytes(needed) + 1) / 2, "` (2 MiB each), or make the tables smaller, or say `auto`"));
}

}  // namespace portico
