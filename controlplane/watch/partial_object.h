#pragma once

// What can be told of an object that can't be decoded, or of which only the begin is there.

#include <string>

#include "absl/strings/string_view.h"
#include "controlplane/watch/encoding.h"
#include "proto/kubernetes/meta.pb.h"

namespace portico {

struct PartialObject {
  std::string event_type;  // "DELETED"; empty for an item of a list
  // Name and namespace alone; without a name where they could not be found.
  kubernetes::ObjectMeta metadata;
};

// Looks into the bytes of an item of a list or of a watch's event (a piece of splitter.h), which
// may be cut off anywhere. Kubernetes writes metadata first, and in it name and namespace. Bytes
// that end between these two say nothing: the name alone would be that of another object.
PartialObject find_partial_item(Encoding encoding, absl::string_view bytes);
PartialObject find_partial_event(Encoding encoding, absl::string_view bytes);

}  // namespace portico
