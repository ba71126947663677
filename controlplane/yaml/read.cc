#include "controlplane/yaml/read.h"

#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "controlplane/yaml/field_values.h"
#include "controlplane/yaml/special_messages.h"
#include "google/protobuf/descriptor.h"

namespace portico {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::OneofDescriptor;

const std::string& yaml_name(const FieldDescriptor& field, FieldNames names) {
  return names == FieldNames::kProto ? field.name() : field.json_name();
}

const FieldDescriptor* find_field(const Descriptor& type, const std::string& key,
                                  FieldNames names) {
  if (names == FieldNames::kProto) return type.FindFieldByName(key);
  for (int i = 0; i < type.field_count(); ++i) {
    if (type.field(i)->json_name() == key) return type.field(i);
  }
  return nullptr;
}

// "no such field here; there are: device, mtu, name".
std::string unknown_field_text(const Descriptor& type, FieldNames names) {
  std::vector<std::string> known;
  for (int i = 0; i < type.field_count(); ++i) known.push_back(yaml_name(*type.field(i), names));
  return absl::StrCat("there is no such field here; there are ", absl::StrJoin(known, ", "));
}

// Descends a tree and a message together. `path_` is the path of the node at hand: each descent
// appends its step and cuts it off again.
class Reader {
 public:
  Reader(const YamlReadOptions& options, Faults* faults)
      : options_(options), faults_(*faults), path_(options.path) {}

  void read_message(const YamlNode& node, Message* message);

 private:
  class Step;

  void read_entry(const YamlEntry& entry, Message* message);
  void read_field(const YamlNode& node, const FieldDescriptor& field, Message* message);
  void read_list(const YamlNode& node, const FieldDescriptor& field, Message* message);
  void read_map(const YamlNode& node, const FieldDescriptor& field, Message* message);
  void read_value(const YamlNode& node, const FieldDescriptor& field, Message* message);
  bool expect(const YamlNode& node, YamlNode::Kind kind);
  void record(YamlMark mark) const {
    if (options_.locations != nullptr) options_.locations->add(path_, mark);
  }
  void fault(YamlMark mark, absl::string_view message) { faults_.add(mark, path_, message); }

  const YamlReadOptions& options_;
  Faults& faults_;
  std::string path_;
};

class Reader::Step {
 public:
  Step(Reader* reader, absl::string_view step) : path_(reader->path_), before_(path_.size()) {
    absl::StrAppend(&path_, step);
  }
  Step(const Step&) = delete;
  Step& operator=(const Step&) = delete;
  ~Step() { path_.resize(before_); }

 private:
  std::string& path_;
  const std::size_t before_;
};

bool Reader::expect(const YamlNode& node, YamlNode::Kind kind) {
  if (node.kind == kind) return true;
  fault(node.mark, absl::StrCat("must be ", to_string(kind), ", not ", to_string(node.kind)));
  return false;
}

void Reader::read_message(const YamlNode& node, Message* message) {
  if (const MessageReader special = find_special_message(*message->GetDescriptor())) {
    if (!expect(node, YamlNode::Kind::kScalar)) return;
    const absl::Status status = special(node, message);
    if (!status.ok()) fault(node.mark, status.message());
    return;
  }
  if (!expect(node, YamlNode::Kind::kMap)) return;
  for (const YamlEntry& entry : node.entries) read_entry(entry, message);
}

void Reader::read_entry(const YamlEntry& entry, Message* message) {
  const Descriptor& type = *message->GetDescriptor();
  const FieldDescriptor* field = find_field(type, entry.key, options_.field_names);
  if (field == nullptr && options_.unknown_fields == UnknownFields::kIgnore) return;
  const Step step(this, absl::StrCat(path_.empty() ? "" : ".", entry.key));
  if (field == nullptr) {
    fault(entry.key_mark, unknown_field_text(type, options_.field_names));
    return;
  }
  // A list or mapping begins on the lines below its key; the key is what people look for.
  record(entry.value->is_scalar() ? entry.value->mark : entry.key_mark);
  if (entry.value->is_null()) return;
  const OneofDescriptor* oneof = field->real_containing_oneof();
  if (oneof != nullptr && message->GetReflection()->HasOneof(*message, oneof)) {
    fault(entry.key_mark, "excludes another field that is set as well");
    return;
  }
  read_field(*entry.value, *field, message);
}

void Reader::read_field(const YamlNode& node, const FieldDescriptor& field, Message* message) {
  if (field.is_map()) return read_map(node, field, message);
  if (field.is_repeated()) return read_list(node, field, message);
  read_value(node, field, message);
}

void Reader::read_list(const YamlNode& node, const FieldDescriptor& field, Message* message) {
  if (!expect(node, YamlNode::Kind::kSequence)) return;
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    const Step step(this, absl::StrCat("[", i, "]"));
    record(node.items[i]->mark);
    read_value(*node.items[i], field, message);
  }
}

void Reader::read_map(const YamlNode& node, const FieldDescriptor& field, Message* message) {
  if (!expect(node, YamlNode::Kind::kMap)) return;
  const Descriptor& entry_type = *field.message_type();
  for (const YamlEntry& entry : node.entries) {
    const Step step(this, absl::StrCat("[", entry.key, "]"));
    record(entry.key_mark);
    if (entry.value->is_null()) continue;
    YamlNode key;
    key.kind = YamlNode::Kind::kScalar;
    key.mark = entry.key_mark;
    key.text = entry.key;
    Message* pair = message->GetReflection()->AddMessage(message, &field);
    read_value(key, *entry_type.map_key(), pair);
    read_field(*entry.value, *entry_type.map_value(), pair);
  }
}

void Reader::read_value(const YamlNode& node, const FieldDescriptor& field, Message* message) {
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
    const google::protobuf::Reflection& reflection = *message->GetReflection();
    // A faulty item still takes its place, so that the indexes of the others stay right.
    read_message(node, field.is_repeated() ? reflection.AddMessage(message, &field)
                                           : reflection.MutableMessage(message, &field));
    return;
  }
  if (!expect(node, YamlNode::Kind::kScalar)) return;
  const absl::Status status = set_scalar(node, options_.field_names, field, message);
  if (!status.ok()) fault(node.mark, status.message());
}

}  // namespace

bool read_yaml(const YamlNode& node, Message* message, const YamlReadOptions& options,
               Faults* faults) {
  const std::size_t before = faults->count();
  if (options.locations != nullptr) options.locations->add(options.path, node.mark);
  Reader(options, faults).read_message(node, message);
  return faults->count() == before;
}

}  // namespace portico
