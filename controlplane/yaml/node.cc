#include "controlplane/yaml/node.h"

namespace portico {

const YamlNode* YamlNode::find(absl::string_view key) const {
  for (const YamlEntry& entry : entries) {
    if (entry.key == key) return entry.value;
  }
  return nullptr;
}

absl::string_view YamlNode::text_of(absl::string_view key) const {
  const YamlNode* value = find(key);
  return value != nullptr && value->is_scalar() ? absl::string_view(value->text)
                                                : absl::string_view();
}

absl::string_view to_string(YamlNode::Kind kind) {
  switch (kind) {
    case YamlNode::Kind::kNull:
      return "nothing";
    case YamlNode::Kind::kScalar:
      return "text";
    case YamlNode::Kind::kSequence:
      return "a list";
    case YamlNode::Kind::kMap:
      return "a mapping";
  }
  return "";
}

}  // namespace portico
