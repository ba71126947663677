#pragma once

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "include/portico/gateway_config.h"

namespace portico {

// Bytes in free hugepages of all sizes, as /sys/kernel/mm/hugepages says; 0 when it is not there.
std::size_t free_hugepage_bytes(const std::string& directory = "/sys/kernel/mm/hugepages");

// Whether to use hugepages: kAuto takes them when `needed` bytes fit into the free ones.
// FailedPrecondition with kAlways when they don't; it says how to reserve them.
absl::StatusOr<bool> use_hugepages(Hugepages wanted, std::size_t needed, std::size_t free);

}  // namespace portico
