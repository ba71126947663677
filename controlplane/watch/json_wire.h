#pragma once

// Kubernetes' JSON -> Kubernetes' protobuf encoding, so that both are read by the same code.

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"

namespace portico {

// What has been parsed of a JSON text that is an object.
class JsonObject {
 public:
  // InvalidArgument says where `text` is no JSON, or that it is no object.
  static absl::StatusOr<JsonObject> parse(absl::string_view text);

  JsonObject(JsonObject&& other) noexcept;
  JsonObject& operator=(JsonObject&& other) noexcept;
  ~JsonObject();

  // The object, or with a `key` the object that is its value there, in the encoding of `type`, a
  // message of proto/kubernetes:
  //
  //   fields go by json_name; those that `type` does not have are left out; null is absent;
  //   IntOrString is a number or a text, a time RFC 3339's; bytes are in base64; a number may be
  //   written as a text.
  //
  // InvalidArgument names the field that has another type: "spec.ports[0].port: is no number".
  absl::StatusOr<std::string> encode(const google::protobuf::Descriptor& type,
                                     const char* key = nullptr) const;

 private:
  struct Document;

  explicit JsonObject(std::unique_ptr<Document> document);

  std::unique_ptr<Document> document_;
};

}  // namespace portico
