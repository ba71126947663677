#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>

#include "absl/strings/string_view.h"

namespace portico {

// Why a packet was dropped; the list is drop_reasons.def.
enum class DropReason : std::uint8_t {
#define PORTICO_DROP_REASON(name, meaning) name,
#include "include/portico/drop_reasons.def"
#undef PORTICO_DROP_REASON
};

struct DropReasonText {
  absl::string_view name;     // snake_case, stable: the metric's label and the API's value
  absl::string_view meaning;  // a sentence for people
};

inline constexpr DropReasonText kDropReasons[] = {
#define PORTICO_DROP_REASON(name, meaning) {#name, meaning},
#include "include/portico/drop_reasons.def"
#undef PORTICO_DROP_REASON
};

inline constexpr std::size_t kDropReasonCount = std::size(kDropReasons);

constexpr absl::string_view to_string(DropReason reason) noexcept {
  return kDropReasons[static_cast<std::size_t>(reason)].name;
}

}  // namespace portico
