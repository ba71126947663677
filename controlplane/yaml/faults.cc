#include "controlplane/yaml/faults.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace portico {
namespace {

// At most this much of a message or a path, which may repeat what is in the file.
constexpr std::size_t kMaxText = 500;

// `text` on one line, whatever it is, and not too long.
std::string printable(absl::string_view text) {
  std::string result;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool starts_character = (byte & 0xc0) != 0x80;  // UTF-8 is not cut in two
    if (result.size() >= kMaxText && starts_character) return result + "...";
    if (byte < 0x20 || byte == 0x7f) {
      absl::StrAppend(&result, "\\x", absl::Hex(byte, absl::kZeroPad2));
    } else {
      result += c;
    }
  }
  return result;
}

}  // namespace

std::string Fault::to_string() const {
  std::string text = file;
  if (mark.line > 0) absl::StrAppend(&text, ":", mark.line);
  absl::StrAppend(&text, ": ");
  if (!field.empty()) absl::StrAppend(&text, field, ": ");
  absl::StrAppend(&text, message);
  return text;
}

void Faults::add(YamlMark mark, absl::string_view field, absl::string_view message) {
  ++count_;
  if (kept_.size() == kMaxKept) return;
  kept_.push_back(Fault{file_, mark, printable(field), printable(message)});
}

std::string Faults::to_string() const {
  std::vector<Fault> sorted = kept_;
  std::stable_sort(sorted.begin(), sorted.end(), [](const Fault& a, const Fault& b) {
    return a.mark.line != b.mark.line ? a.mark.line < b.mark.line : a.mark.column < b.mark.column;
  });
  std::string text = absl::StrJoin(sorted, "\n", [](std::string* out, const Fault& fault) {
    absl::StrAppend(out, fault.to_string());
  });
  if (count_ > kept_.size()) {
    absl::StrAppend(&text, "\n", file_, ": and ", count_ - kept_.size(), " more faults");
  }
  return text;
}

absl::Status Faults::status() const {
  return empty() ? absl::OkStatus() : absl::InvalidArgumentError(to_string());
}

YamlMark YamlLocations::find(absl::string_view field) const {
  while (true) {
    const auto found = marks_.find(field);
    if (found != marks_.end()) return found->second;
    const std::size_t end = field.find_last_of(".[");
    // The document itself is recorded under the empty path.
    if (field.empty()) return {};
    field = end == absl::string_view::npos ? absl::string_view() : field.substr(0, end);
  }
}

}  // namespace portico
