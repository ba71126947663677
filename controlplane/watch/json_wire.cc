#include "controlplane/watch/json_wire.h"

#include <cstdint>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "rapidjson/document.h"
#include "rapidjson/error/en.h"

namespace portico {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using rapidjson::Value;

// https://protobuf.dev/programming-guides/encoding.
constexpr std::uint32_t kVarint = 0;
constexpr std::uint32_t kBytes = 2;

void write_varint(std::uint64_t value, std::string* out) {
  for (; value >= 0x80; value >>= 7) *out += static_cast<char>(value | 0x80);
  *out += static_cast<char>(value);
}
void write_number(int field, std::uint64_t value, std::string* out) {
  write_varint(static_cast<std::uint32_t>(field) << 3 | kVarint, out);
  write_varint(value, out);
}
void write_bytes(int field, absl::string_view bytes, std::string* out) {
  write_varint(static_cast<std::uint32_t>(field) << 3 | kBytes, out);
  write_varint(bytes.size(), out);
  out->append(bytes.data(), bytes.size());
}

absl::string_view text_of(const Value& value) {
  return {value.GetString(), value.GetStringLength()};
}

absl::Status is_no(absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(": is no ", what));
}
// The error of a part, with the name of the part before it.
absl::Status within(absl::string_view part, const absl::Status& status) {
  const absl::string_view rest = status.message();
  const bool joins = !rest.empty() && (rest[0] == ':' || rest[0] == '[');
  return absl::InvalidArgumentError(absl::StrCat(part, joins ? "" : ".", rest));
}

absl::Status encode_object(const Value& object, const Descriptor& type, std::string* out);

// k8s.io/apimachinery/pkg/util/intstr: type 0 and intVal, or type 1 and strVal.
absl::Status encode_int_or_string(const Value& value, std::string* out) {
  if (value.IsInt()) {
    write_number(1, 0, out);
    write_number(2, static_cast<std::uint64_t>(value.GetInt64()), out);
  } else if (value.IsString()) {
    write_number(1, 1, out);
    write_bytes(3, text_of(value), out);
  } else {
    return is_no("number and no text");
  }
  return absl::OkStatus();
}

// Time of meta/v1: RFC 3339; in protobuf seconds and nanoseconds, as google.protobuf.Timestamp.
absl::Status encode_time(const Value& value, std::string* out) {
  absl::Time time;
  if (!value.IsString() || !absl::ParseTime(absl::RFC3339_full, text_of(value), &time, nullptr)) {
    return is_no("time");
  }
  const std::int64_t seconds = absl::ToUnixSeconds(time);
  const std::int64_t nanos = absl::ToInt64Nanoseconds(time - absl::FromUnixSeconds(seconds));
  write_number(1, static_cast<std::uint64_t>(seconds), out);
  write_number(2, static_cast<std::uint64_t>(nanos), out);
  return absl::OkStatus();
}

absl::Status encode_number(const Value& value, const FieldDescriptor& field, std::string* out) {
  std::int64_t number = 0;
  if (value.IsInt64()) {
    number = value.GetInt64();
  } else if (!value.IsString() || !absl::SimpleAtoi(text_of(value), &number)) {
    return is_no("number");
  }
  if (field.type() == FieldDescriptor::TYPE_INT32 && number != static_cast<std::int32_t>(number)) {
    return is_no("32-bit number");
  }
  write_number(field.number(), static_cast<std::uint64_t>(number), out);
  return absl::OkStatus();
}

absl::Status encode_bytes(const Value& value, const FieldDescriptor& field, std::string* out) {
  std::string bytes;
  if (!value.IsString() || !absl::Base64Unescape(text_of(value), &bytes)) return is_no("base64");
  write_bytes(field.number(), bytes, out);
  return absl::OkStatus();
}

absl::Status encode_message(const Value& value, const FieldDescriptor& field, std::string* out) {
  const Descriptor& type = *field.message_type();
  std::string message;
  absl::Status encoded;
  if (type.name() == "IntOrString") {
    encoded = encode_int_or_string(value, &message);
  } else if (type.full_name() == "google.protobuf.Timestamp") {
    encoded = encode_time(value, &message);
  } else if (value.IsObject()) {
    encoded = encode_object(value, type, &message);
  } else {
    encoded = is_no("object");
  }
  if (encoded.ok()) write_bytes(field.number(), message, out);
  return encoded;
}

absl::Status encode_single(const Value& value, const FieldDescriptor& field, std::string* out) {
  switch (field.type()) {
    case FieldDescriptor::TYPE_STRING:
      if (!value.IsString()) return is_no("text");
      write_bytes(field.number(), text_of(value), out);
      return absl::OkStatus();
    case FieldDescriptor::TYPE_BYTES:
      return encode_bytes(value, field, out);
    case FieldDescriptor::TYPE_INT32:
    case FieldDescriptor::TYPE_INT64:
      return encode_number(value, field, out);
    case FieldDescriptor::TYPE_BOOL:
      if (!value.IsBool()) return is_no("boolean");
      write_number(field.number(), value.GetBool() ? 1 : 0, out);
      return absl::OkStatus();
    case FieldDescriptor::TYPE_MESSAGE:
      return encode_message(value, field, out);
    default:
      return is_no("type that proto/kubernetes has");
  }
}

// map<string, V> is on the wire a list of messages {key = 1, value = 2}.
absl::Status encode_map(const Value& value, const FieldDescriptor& field, std::string* out) {
  if (!value.IsObject()) return is_no("object");
  const FieldDescriptor& value_field = *field.message_type()->map_value();
  for (const Value::Member& member : value.GetObject()) {
    std::string entry;
    write_bytes(1, text_of(member.name), &entry);
    if (!member.value.IsNull()) {
      const absl::Status encoded = encode_single(member.value, value_field, &entry);
      if (!encoded.ok()) return within(absl::StrCat("[", text_of(member.name), "]"), encoded);
    }
    write_bytes(field.number(), entry, out);
  }
  return absl::OkStatus();
}

absl::Status encode_list(const Value& value, const FieldDescriptor& field, std::string* out) {
  if (!value.IsArray()) return is_no("list");
  for (rapidjson::SizeType i = 0; i < value.Size(); ++i) {
    if (value[i].IsNull()) continue;
    const absl::Status encoded = encode_single(value[i], field, out);
    if (!encoded.ok()) return within(absl::StrCat("[", i, "]"), encoded);
  }
  return absl::OkStatus();
}

absl::Status encode_field(const Value& value, const FieldDescriptor& field, std::string* out) {
  if (value.IsNull()) return absl::OkStatus();
  if (field.is_map()) return encode_map(value, field, out);
  if (field.is_repeated()) return encode_list(value, field, out);
  return encode_single(value, field, out);
}

const FieldDescriptor* find_field(const Descriptor& type, absl::string_view name) {
  for (int i = 0; i < type.field_count(); ++i) {
    if (name == type.field(i)->json_name()) return type.field(i);
  }
  return nullptr;
}

absl::Status encode_object(const Value& object, const Descriptor& type, std::string* out) {
  for (const Value::Member& member : object.GetObject()) {
    const FieldDescriptor* field = find_field(type, text_of(member.name));
    if (field == nullptr) continue;
    const absl::Status encoded = encode_field(member.value, *field, out);
    if (!encoded.ok()) return within(field->json_name(), encoded);
  }
  return absl::OkStatus();
}

}  // namespace

struct JsonObject::Document {
  rapidjson::Document json;
};

JsonObject::JsonObject(std::unique_ptr<Document> document) : document_(std::move(document)) {}
JsonObject::JsonObject(JsonObject&& other) noexcept = default;
JsonObject& JsonObject::operator=(JsonObject&& other) noexcept = default;
JsonObject::~JsonObject() = default;

// Iteratively: a text that is nested deeply costs memory and no stack. encode() goes only as deep
// as `type` does, and none refers to itself.
absl::StatusOr<JsonObject> JsonObject::parse(absl::string_view text) {
  auto document = std::make_unique<Document>();
  rapidjson::Document& json = document->json;
  json.Parse<rapidjson::kParseIterativeFlag>(text.data(), text.size());
  if (json.HasParseError()) {
    return absl::InvalidArgumentError(
        absl::StrCat("malformed JSON: ", rapidjson::GetParseError_En(json.GetParseError()),
                     " (at byte ", json.GetErrorOffset(), ")"));
  }
  if (!json.IsObject()) return absl::InvalidArgumentError("malformed JSON: is no object");
  return JsonObject(std::move(document));
}

absl::StatusOr<std::string> JsonObject::encode(const Descriptor& type, const char* key) const {
  const Value* object = &document_->json;
  if (key != nullptr) {
    const auto member = document_->json.FindMember(key);
    if (member == document_->json.MemberEnd() || !member->value.IsObject()) {
      return absl::InvalidArgumentError(absl::StrCat(key, ": is no object"));
    }
    object = &member->value;
  }
  std::string out;
  const absl::Status encoded = encode_object(*object, type, &out);
  if (!encoded.ok()) return encoded;
  return out;
}

}  // namespace portico
