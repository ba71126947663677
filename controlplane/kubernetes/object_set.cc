#include "controlplane/kubernetes/object_set.h"

#include "absl/strings/str_cat.h"
#include "controlplane/yaml/printable.h"

namespace portico {

std::string ObjectPlace::at(absl::string_view field) const {
  if (file_.empty()) return "";
  int line = field.empty() || !line_of_field_ ? 0 : line_of_field_(field);
  if (line == 0) line = line_;
  return line == 0 ? file_ : absl::StrCat(file_, ":", line);
}

std::string ObjectFault::to_string() const {
  std::string text;
  for (const std::string* part : {&place, &object, &field}) {
    if (!part->empty()) absl::StrAppend(&text, printable(*part), ": ");
  }
  return text + printable(message);
}

std::string object_name(absl::string_view kind, const kubernetes::ObjectMeta& metadata) {
  if (metadata.namespace_().empty()) return absl::StrCat(kind, " ", metadata.name());
  return absl::StrCat(kind, " ", metadata.namespace_(), "/", metadata.name());
}

}  // namespace portico
