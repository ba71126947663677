#include "controlplane/cli/json.h"

#include <google/protobuf/message.h>
#include <google/protobuf/util/json_util.h>
#include <google/protobuf/wrappers.pb.h>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"

namespace portico::cli {

std::string to_json(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = true;
  options.always_print_primitive_fields = true;
  std::string json;
  // It fails only for an Any of an unknown type, and the API has none.
  static_cast<void>(google::protobuf::util::MessageToJsonString(message, &json, options));
  return json;
}

std::string to_json(absl::string_view text) {
  google::protobuf::StringValue value;
  value.set_value(std::string(text));
  return std::string(absl::StripSuffix(to_json(value), "\n"));
}

std::string JsonArray::element(absl::string_view object) {
  const std::string indented =
      absl::StrReplaceAll(absl::StripTrailingAsciiWhitespace(object), {{"\n", "\n "}});
  const std::string result = absl::StrCat(empty_ ? "[\n " : ",\n ", indented);
  empty_ = false;
  return result;
}

std::string JsonArray::end() const {
  return empty_ ? "[]\n" : "\n]\n";
}

std::string with_field(absl::string_view name, absl::string_view value, absl::string_view object) {
  absl::ConsumePrefix(&object, "{");
  const bool alone = absl::StartsWith(absl::StripLeadingAsciiWhitespace(object), "}");
  return absl::StrCat("{\n ", to_json(name), ": ", to_json(value), alone ? "\n" : ",", object);
}

}  // namespace portico::cli
