#include "controlplane/watch/encoding.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"

namespace portico {

std::optional<Encoding> encoding_of(absl::string_view content_type) {
  const absl::string_view media_type =
      absl::StripAsciiWhitespace(content_type.substr(0, content_type.find(';')));
  if (absl::EqualsIgnoreCase(media_type, "application/json")) return Encoding::kJson;
  if (absl::EqualsIgnoreCase(media_type, "application/vnd.kubernetes.protobuf")) {
    return Encoding::kProtobuf;
  }
  return std::nullopt;
}

std::string accept_header(bool json_only, bool watch) {
  if (json_only) return "application/json";
  return watch ? "application/vnd.kubernetes.protobuf;stream=watch, application/json"
               : "application/vnd.kubernetes.protobuf, application/json";
}

}  // namespace portico
