#pragma once

// The two encodings of Kubernetes' API that are read, and how a body's objects are called.

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace portico {

enum class Encoding : std::uint8_t { kJson, kProtobuf };

// By a response's Content-Type; nothing if it is neither.
std::optional<Encoding> encoding_of(absl::string_view content_type);

// The Accept header of a request for a list (or a single object), or for a watch. Protobuf is
// preferred and JSON taken unless `json_only`.
std::string accept_header(bool json_only, bool watch);

// What an object says it is: {"v1", "Service"}.
struct TypeName {
  std::string api_version;
  std::string kind;

  friend bool operator==(const TypeName&, const TypeName&) = default;
};

}  // namespace portico
