#pragma once

// Pieces of a response (splitter.h) -> messages of proto/kubernetes. Errors are InvalidArgument,
// without a word of whose piece it was.

#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "controlplane/watch/encoding.h"
#include "controlplane/watch/splitter.h"
#include "google/protobuf/message.h"
#include "proto/kubernetes/meta.pb.h"

namespace portico {

using MessagePtr = std::unique_ptr<google::protobuf::Message>;

// `prototype` says which message an object is; it has a field `metadata`, as all of Kubernetes'.
// An object without a name is refused.
absl::StatusOr<MessagePtr> decode_object(Encoding encoding, absl::string_view item,
                                         const google::protobuf::Message& prototype);

const kubernetes::ObjectMeta& metadata_of(const google::protobuf::Message& object);

struct WatchEvent {
  std::string type;  // "ADDED", ...
  TypeName object_type;
  // What it is about: an object, of which a BOOKMARK has no name, or a Status for an ERROR. Null
  // if it is neither what was watched nor a Status.
  MessagePtr object;
};

// The objects that are watched are of `type` and as `prototype`.
absl::StatusOr<WatchEvent> decode_event(Encoding encoding, absl::string_view piece,
                                        const TypeName& type,
                                        const google::protobuf::Message& prototype);

struct ListHeader {
  TypeName type;  // "v1", "ServiceList"
  kubernetes::ListMeta metadata;
};

// Once the splitter has finished.
absl::StatusOr<ListHeader> decode_list_header(Encoding encoding, const Splitter& splitter);

// A whole body that is one object (not a list), such as an APIGroup. Its type must be `type`, of
// any version if that names none.
absl::Status decode_body(absl::string_view content_type, absl::string_view body,
                         const TypeName& type, google::protobuf::Message* object);

// What a response with an error says: its Status, or if it has none one made of the HTTP status and
// of the begin of the body, printable.
kubernetes::Status decode_error(int http_status, absl::string_view content_type,
                                absl::string_view body);

}  // namespace portico
