#include "controlplane/yaml/faults.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "controlplane/yaml/printable.h"

namespace portico {

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
