#include "controlplane/yaml/utf8.h"

#include <cstdint>

namespace portico {
namespace {

// The length of the sequence that `text` starts with, 0 when it is not well-formed.
std::size_t sequence_length(absl::string_view text) {
  const auto byte = [&text](std::size_t i) {
    return i < text.size() ? static_cast<std::uint8_t>(text[i]) : std::uint8_t{0};
  };
  const auto is_tail = [](std::uint8_t b) { return (b & 0xc0) == 0x80; };
  const std::uint8_t first = byte(0);
  const std::uint8_t second = byte(1);
  if (first < 0x80) return 1;
  if (first < 0xc2 || first > 0xf4 || !is_tail(second)) return 0;
  if (first < 0xe0) return 2;
  if (first < 0xf0) {
    const bool overlong = first == 0xe0 && second < 0xa0;
    const bool surrogate = first == 0xed && second > 0x9f;
    return !overlong && !surrogate && is_tail(byte(2)) ? 3 : 0;
  }
  const bool overlong = first == 0xf0 && second < 0x90;
  const bool too_large = first == 0xf4 && second > 0x8f;
  return !overlong && !too_large && is_tail(byte(2)) && is_tail(byte(3)) ? 4 : 0;
}

}  // namespace

std::size_t find_invalid_utf8(absl::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t length = sequence_length(text.substr(at));
    if (length == 0) return at;
    at += length;
  }
  return absl::string_view::npos;
}

}  // namespace portico
