#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "controlplane/api/ledger.h"
#include "controlplane/api/push_session.h"

namespace portico {
namespace {

bool is_word_byte(char c) {
  return absl::ascii_isxdigit(static_cast<unsigned char>(c)) || c == '.' || c == ':' || c == '/';
}

// Whether `text` names `prefix`: not as a part of another, as 10.0.0.0/8 is of 110.0.0.0/8.
bool names(const std::string& text, const std::string& prefix) {
  for (std::size_t at = text.find(prefix); at != std::string::npos;
       at = text.find(prefix, at + 1)) {
    const std::size_t end = at + prefix.size();
    const bool begins = at == 0 || !is_word_byte(text[at - 1]);
    // A colon or full stop behind it belongs to the sentence.
    const bool ends = end == text.size() || text[end] == ':' || !is_word_byte(text[end]) ||
                      (text[end] == '.' && (end + 1 == text.size() || text[end + 1] == ' '));
    if (begins && ends) return true;
  }
  return false;
}

// DataPlane::apply() names a route at fault by its prefix; a capacity is nobody's in particular.
std::string object_in(const std::string& text, const TableChange& change) {
  for (const Route& route : change.set_routes) {
    if (names(text, route.prefix.to_string())) {
      return absl::StrCat("route ", route.prefix.to_string());
    }
  }
  return "";
}

// What a refusal repeats of a name or a message is for people to find it by. All of it may be as
// large as the stream's limit, a hundred times over.
std::string shorten(std::string text) {
  constexpr std::size_t kLongest = 256;
  if (text.size() <= kLongest) return text;
  std::size_t end = kLongest;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;  // whole UTF-8
  return text.substr(0, end) + "...";
}

}  // namespace

v1::Refusal to_refusal(const AcceptResult& result, std::uint64_t revision) {
  v1::Refusal refusal;
  refusal.set_revision(revision);
  for (const store::Violation& violation : result.violations) {
    v1::Violation& made = *refusal.add_violations();
    made.set_object(shorten(violation.object.to_string()));
    made.set_field(shorten(violation.field));
    made.set_message(shorten(violation.message));
  }
  refusal.set_violation_count(static_cast<std::uint32_t>(result.violation_count));
  if (!result.applied.ok()) {
    v1::Violation& made = *refusal.add_violations();
    made.set_message(std::string(result.applied.message()));
    made.set_object(object_in(made.message(), result.refused));
    refusal.set_violation_count(1);
  }
  return refusal;
}

}  // namespace portico
