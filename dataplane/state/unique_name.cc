#include "dataplane/state/unique_name.h"

#include <atomic>
#include <cstdint>

#include "absl/strings/str_cat.h"

namespace portico {

std::string unique_name(absl::string_view kind) {
  static std::atomic<std::uint32_t> next = 0;
  return absl::StrCat("portico_", kind, "_", next.fetch_add(1, std::memory_order_relaxed));
}

}  // namespace portico
