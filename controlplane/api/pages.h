#pragma once

// Pagination as in AIP-158. A page ends at a key, and the next one begins behind it: what comes or
// goes between two calls neither repeats nor hides another item.

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace portico {

struct PageRequest {
  std::size_t size = 0;   // at least 1
  std::string after_key;  // empty: from the beginning
};

// `request` names what is listed and how it is filtered: a token is good for the same alone.
// InvalidArgument: "page_size: ..." or "page_token: ...".
absl::StatusOr<PageRequest> parse_page(std::int32_t page_size, absl::string_view page_token,
                                       absl::string_view request);

// The token that leads behind `last_key`.
std::string page_token(absl::string_view last_key, absl::string_view request);

}  // namespace portico
