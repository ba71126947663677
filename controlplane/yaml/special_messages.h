#pragma once

#include "absl/status/status.h"
#include "controlplane/yaml/node.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace portico {

// Fills a message that people write as a scalar. InvalidArgument says what it takes.
using MessageReader = absl::Status (*)(const YamlNode& scalar, google::protobuf::Message* message);

// The reader of such a message type; nullptr for all other types, which are mappings.
MessageReader find_special_message(const google::protobuf::Descriptor& type);

}  // namespace portico
