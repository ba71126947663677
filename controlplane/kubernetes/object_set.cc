#include "controlplane/kubernetes/object_set.h"

#include <utility>

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

ObjectKey key_of(const kubernetes::ObjectMeta& metadata) {
  if (metadata.namespace_().empty()) return metadata.name();
  return absl::StrCat(metadata.namespace_(), "/", metadata.name());
}

ObjectUpdate reset_to(ObjectSet objects, std::chrono::steady_clock::time_point changed_at) {
  return {.reset = true,
          .services = {std::move(objects.services), {}},
          .endpoint_slices = {std::move(objects.endpoint_slices), {}},
          .nodes = {std::move(objects.nodes), {}},
          .changed_at = changed_at};
}

std::string object_name(absl::string_view kind, const kubernetes::ObjectMeta& metadata) {
  return absl::StrCat(kind, " ", key_of(metadata));
}

}  // namespace portico
