#include "controlplane/yaml/printable.h"

#include <cstddef>

#include "absl/strings/str_cat.h"

namespace portico {
namespace {

// At most this much of a message or a path, which may repeat what is in a file.
constexpr std::size_t kMaxText = 500;

void escape(unsigned char byte, std::string* result) {
  absl::StrAppend(result, "\\x", absl::Hex(byte, absl::kZeroPad2));
}

}  // namespace

std::string printable(absl::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const bool starts_character = (byte & 0xc0) != 0x80;  // UTF-8 is not cut in two
    if (result.size() >= kMaxText && starts_character) return result + "...";
    const auto next = static_cast<unsigned char>(i + 1 < text.size() ? text[i + 1] : 0);
    if (byte == 0xc2 && next >= 0x80 && next < 0xa0) {
      escape(next, &result);  // U+0080 to U+009F, which some terminals obey
      ++i;
    } else if (byte < 0x20 || byte == 0x7f) {
      escape(byte, &result);
    } else {
      result += text[i];
    }
  }
  return result;
}

}  // namespace portico
