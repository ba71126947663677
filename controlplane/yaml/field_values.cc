#include "controlplane/yaml/field_values.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "controlplane/yaml/scalars.h"

namespace portico {
namespace {

using google::protobuf::EnumDescriptor;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

// PortRole -> "PORT_ROLE_", the prefix that protobuf's style guide gives the values.
std::string enum_prefix(const EnumDescriptor& type) {
  std::string prefix;
  for (const char c : type.name()) {
    if (absl::ascii_isupper(static_cast<unsigned char>(c)) && !prefix.empty()) prefix += '_';
    prefix += absl::ascii_toupper(static_cast<unsigned char>(c));
  }
  return prefix + "_";
}

// How `value` is written in YAML; empty when it cannot be.
std::string enum_name(const EnumValueDescriptor& value, FieldNames names) {
  if (names == FieldNames::kJson) return value.name();
  if (absl::EndsWith(value.name(), "_UNSPECIFIED")) return "";
  return absl::AsciiStrToLower(absl::StripPrefix(value.name(), enum_prefix(*value.type())));
}

absl::StatusOr<const EnumValueDescriptor*> to_enum(const YamlNode& scalar, FieldNames names,
                                                   const EnumDescriptor& type) {
  std::vector<std::string> known;
  for (int i = 0; i < type.value_count(); ++i) {
    const std::string name = enum_name(*type.value(i), names);
    if (name.empty()) continue;
    if (name == scalar.text) return type.value(i);
    known.push_back(name);
  }
  return absl::InvalidArgumentError(absl::StrCat("must be one of ", absl::StrJoin(known, ", ")));
}

// Calls Reflection's setter or adder for the field with `value`, or with zero when it is none.
template <typename T>
absl::Status store(absl::StatusOr<T> value, const FieldDescriptor& field, Message* message,
                   void (Reflection::*set)(Message*, const FieldDescriptor*, T) const,
                   void (Reflection::*add)(Message*, const FieldDescriptor*, T) const, T zero) {
  const Reflection& reflection = *message->GetReflection();
  absl::Status status = value.status();
  if (field.is_repeated()) {
    (reflection.*add)(message, &field, status.ok() ? *std::move(value) : std::move(zero));
  } else if (status.ok()) {
    (reflection.*set)(message, &field, *std::move(value));
  }
  return status;
}

absl::StatusOr<float> to_float(const YamlNode& scalar) {
  const absl::StatusOr<double> value = to_double(scalar);
  if (!value.ok()) return value.status();
  return static_cast<float>(*value);
}

}  // namespace

absl::Status set_scalar(const YamlNode& scalar, FieldNames names, const FieldDescriptor& field,
                        Message* message) {
  using R = Reflection;
  const bool is_bytes = field.type() == FieldDescriptor::TYPE_BYTES;
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return store<std::int32_t>(to_integer<std::int32_t>(scalar), field, message, &R::SetInt32,
                                 &R::AddInt32, 0);
    case FieldDescriptor::CPPTYPE_INT64:
      return store<std::int64_t>(to_integer<std::int64_t>(scalar), field, message, &R::SetInt64,
                                 &R::AddInt64, 0);
    case FieldDescriptor::CPPTYPE_UINT32:
      return store<std::uint32_t>(to_integer<std::uint32_t>(scalar), field, message, &R::SetUInt32,
                                  &R::AddUInt32, 0);
    case FieldDescriptor::CPPTYPE_UINT64:
      return store<std::uint64_t>(to_integer<std::uint64_t>(scalar), field, message, &R::SetUInt64,
                                  &R::AddUInt64, 0);
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return store<double>(to_double(scalar), field, message, &R::SetDouble, &R::AddDouble, 0);
    case FieldDescriptor::CPPTYPE_FLOAT:
      return store<float>(to_float(scalar), field, message, &R::SetFloat, &R::AddFloat, 0);
    case FieldDescriptor::CPPTYPE_BOOL:
      return store<bool>(to_bool(scalar), field, message, &R::SetBool, &R::AddBool, false);
    case FieldDescriptor::CPPTYPE_ENUM:
      return store<const EnumValueDescriptor*>(to_enum(scalar, names, *field.enum_type()), field,
                                               message, &R::SetEnum, &R::AddEnum,
                                               field.enum_type()->value(0));
    case FieldDescriptor::CPPTYPE_STRING:
      return store<std::string>(is_bytes ? to_bytes(scalar) : scalar.text, field, message,
                                &R::SetString, &R::AddString, "");
    case FieldDescriptor::CPPTYPE_MESSAGE:
      break;
  }
  return absl::InternalError("set_scalar() was called for a message");
}

}  // namespace portico
