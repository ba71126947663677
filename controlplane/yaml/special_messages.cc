#include "controlplane/yaml/special_messages.h"

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "controlplane/yaml/field_values.h"
#include "controlplane/yaml/scalars.h"

namespace portico {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// Into a Duration, or into a Timestamp as the time since 1970. By reflection and not by cast: the
// type may come from a dynamic pool.
void set_seconds_and_nanos(absl::Duration value, Message* message) {
  const google::protobuf::Reflection& reflection = *message->GetReflection();
  const Descriptor& type = *message->GetDescriptor();
  reflection.SetInt64(message, type.FindFieldByName("seconds"),
                      absl::IDivDuration(value, absl::Seconds(1), &value));
  reflection.SetInt32(
      message, type.FindFieldByName("nanos"),
      static_cast<std::int32_t>(absl::IDivDuration(value, absl::Nanoseconds(1), &value)));
}

absl::Status read_duration(const YamlNode& scalar, Message* message) {
  const absl::StatusOr<absl::Duration> value = to_duration(scalar);
  if (!value.ok()) return value.status();
  set_seconds_and_nanos(*value, message);
  return absl::OkStatus();
}

absl::Status read_timestamp(const YamlNode& scalar, Message* message) {
  absl::Time time;
  std::string error;
  if (!absl::ParseTime(absl::RFC3339_full, scalar.text, &time, &error) ||
      time < absl::UnixEpoch()) {
    return absl::InvalidArgumentError(
        "must be a time as in RFC 3339, 2026-01-31T12:00:00Z, not \"" + scalar.text + "\"");
  }
  set_seconds_and_nanos(time - absl::UnixEpoch(), message);
  return absl::OkStatus();
}

// apimachinery/pkg/util/intstr: Type is 0 for Int, 1 for String.
absl::Status read_int_or_string(const YamlNode& scalar, Message* message) {
  const Descriptor& type = *message->GetDescriptor();
  const bool is_number = !scalar.quoted && is_decimal(scalar.text);
  const FieldDescriptor* value = type.FindFieldByCamelcaseName(is_number ? "intVal" : "strVal");
  const FieldDescriptor* kind = type.FindFieldByName("type");
  if (kind != nullptr) {
    YamlNode number = scalar;
    number.quoted = false;
    number.text = is_number ? "0" : "1";
    const absl::Status status = set_scalar(number, FieldNames::kJson, *kind, message);
    if (!status.ok()) return status;
  }
  return set_scalar(scalar, FieldNames::kJson, *value, message);
}

bool is_int_or_string(const Descriptor& type) {
  return type.name() == "IntOrString" && type.FindFieldByCamelcaseName("intVal") != nullptr &&
         type.FindFieldByCamelcaseName("strVal") != nullptr;
}

}  // namespace

MessageReader find_special_message(const Descriptor& type) {
  if (type.full_name() == "google.protobuf.Duration") return read_duration;
  if (type.full_name() == "google.protobuf.Timestamp") return read_timestamp;
  if (is_int_or_string(type)) return read_int_or_string;
  return nullptr;
}

}  // namespace portico
