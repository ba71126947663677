#pragma once

#include "absl/status/status.h"
#include "controlplane/yaml/node.h"
#include "controlplane/yaml/read.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace portico {

// Sets `field`, which is no message, of `message` to the value of `scalar`, or appends it when the
// field is repeated. A faulty item of a repeated field is appended as zero, so that the indexes of
// the others stay right. InvalidArgument says what the field takes.
absl::Status set_scalar(const YamlNode& scalar, FieldNames names,
                        const google::protobuf::FieldDescriptor& field,
                        google::protobuf::Message* message);

}  // namespace portico
