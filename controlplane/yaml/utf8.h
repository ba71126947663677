#pragma once

#include <cstddef>

#include "absl/strings/string_view.h"

namespace portico {

// The offset of the first byte that starts no well-formed sequence (RFC 3629 section 4: no overlong
// forms, no surrogates, nothing beyond U+10FFFF), or npos. Protobuf strings must be UTF-8, and
// yaml-cpp passes other bytes on as they are.
std::size_t find_invalid_utf8(absl::string_view text);

}  // namespace portico
