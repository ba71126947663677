#include "include/portico/quote.h"

#include <cstddef>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace portico {
namespace {

// The longest name that there may be, "namespace/name", and a little more.
constexpr std::size_t kLongest = 140;

}  // namespace

std::string quote(absl::string_view text) {
  return absl::StrCat("\"", escape(text), "\"");
}

std::string escape(absl::string_view text) {
  if (text.size() <= kLongest) return absl::CHexEscape(text);
  return absl::StrCat(absl::CHexEscape(text.substr(0, kLongest)), "... (", text.size(), " bytes)");
}

}  // namespace portico
