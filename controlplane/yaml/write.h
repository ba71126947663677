#pragma once

// A protobuf message -> YAML for people, which read.h reads again into the same message.

#include <string>

#include "google/protobuf/message.h"

namespace portico {

// The fields that are set, none of which may be a map, by their names in the .proto; enumerations
// by their names there. Lists and messages in block style, each `indent` spaces deeper than what
// they are in. Of one message always the same text.
std::string write_yaml(const google::protobuf::Message& message, int indent = 0);

}  // namespace portico
