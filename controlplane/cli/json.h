#pragma once

// The API's messages as JSON for scripts: Protobuf's own mapping, so that any Protobuf library
// reads it back. Fields in lowerCamelCase, zeros and empty lists included, 64-bit integers as
// strings, durations as "1.5s". A list is an array; what there is one of is an object.

#include <string>

#include "absl/strings/string_view.h"

namespace google::protobuf {
class Message;
}

namespace portico::cli {

// Indented, with a newline at its end.
std::string to_json(const google::protobuf::Message& message);

// A JSON string, with its quotes.
std::string to_json(absl::string_view text);

// An array that is printed as it grows: nothing of it is kept.
class JsonArray {
 public:
  // What is to be printed for another element, which is an object as to_json() gives it.
  std::string element(absl::string_view object);
  // What is to be printed at the end.
  std::string end() const;

 private:
  bool empty_ = true;
};

// The object with one more field at its beginning.
std::string with_field(absl::string_view name, absl::string_view value, absl::string_view object);

}  // namespace portico::cli
