#include "controlplane/yaml/write.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "google/protobuf/duration.pb.h"

namespace portico {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

// In double quotes, which YAML 1.2 reads as JSON does; control characters as \u.
std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) {
      constexpr char kDigits[] = "0123456789abcdef";
      absl::StrAppend(&out, "\\x", std::string(1, kDigits[byte >> 4]),
                      std::string(1, kDigits[byte & 15]));
      continue;
    }
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

// `index`: -1 for a field that is not repeated.
std::string scalar(const Message& message, const FieldDescriptor& field, int index) {
  const Reflection& of = *message.GetReflection();
  const bool one = index < 0;
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      return (one ? of.GetBool(message, &field) : of.GetRepeatedBool(message, &field, index))
                 ? "true"
                 : "false";
    case FieldDescriptor::CPPTYPE_ENUM:
      return (one ? of.GetEnum(message, &field) : of.GetRepeatedEnum(message, &field, index))
          ->name();
    case FieldDescriptor::CPPTYPE_INT32:
      return absl::StrCat(one ? of.GetInt32(message, &field)
                              : of.GetRepeatedInt32(message, &field, index));
    case FieldDescriptor::CPPTYPE_INT64:
      return absl::StrCat(one ? of.GetInt64(message, &field)
                              : of.GetRepeatedInt64(message, &field, index));
    case FieldDescriptor::CPPTYPE_UINT32:
      return absl::StrCat(one ? of.GetUInt32(message, &field)
                              : of.GetRepeatedUInt32(message, &field, index));
    case FieldDescriptor::CPPTYPE_UINT64:
      return absl::StrCat(one ? of.GetUInt64(message, &field)
                              : of.GetRepeatedUInt64(message, &field, index));
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return absl::StrCat(one ? of.GetDouble(message, &field)
                              : of.GetRepeatedDouble(message, &field, index));
    case FieldDescriptor::CPPTYPE_FLOAT:
      return absl::StrCat(one ? of.GetFloat(message, &field)
                              : of.GetRepeatedFloat(message, &field, index));
    default:
      return quoted(one ? of.GetString(message, &field)
                        : of.GetRepeatedString(message, &field, index));
  }
}

// "10800s"; nothing for a message of another type.
std::string duration(const Message& message) {
  if (message.GetDescriptor()->full_name() != "google.protobuf.Duration") return "";
  google::protobuf::Duration value;
  value.ParseFromString(message.SerializeAsString());
  return absl::FormatDuration(absl::Seconds(value.seconds()) + absl::Nanoseconds(value.nanos()));
}

// What stands behind "name:" or "-".
std::string value(const Message& message, const FieldDescriptor& field, int index, int indent) {
  if (field.cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) {
    return absl::StrCat(" ", scalar(message, field, index), "\n");
  }
  const Reflection& of = *message.GetReflection();
  const Message& inner =
      index < 0 ? of.GetMessage(message, &field) : of.GetRepeatedMessage(message, &field, index);
  const std::string special = duration(inner);
  if (!special.empty()) return absl::StrCat(" ", special, "\n");
  const std::string text = write_yaml(inner, indent + 2);
  if (text.empty()) return " {}\n";
  // The first field of a list's item stands beside its dash.
  if (index >= 0) return text.substr(static_cast<std::size_t>(indent) + 1);
  return "\n" + text;
}

}  // namespace

std::string write_yaml(const Message& message, int indent) {
  std::vector<const FieldDescriptor*> fields;
  message.GetReflection()->ListFields(message, &fields);
  const std::string margin(static_cast<std::size_t>(indent), ' ');
  std::string out;
  for (const FieldDescriptor* field : fields) {
    absl::StrAppend(&out, margin, field->name(), ":");
    if (!field->is_repeated()) {
      out += value(message, *field, -1, indent);
      continue;
    }
    out += '\n';
    for (int i = 0; i < message.GetReflection()->FieldSize(message, field); ++i) {
      absl::StrAppend(&out, margin, "-", value(message, *field, i, indent));
    }
  }
  return out;
}

}  // namespace portico
