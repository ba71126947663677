#include "controlplane/watch/decode.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "controlplane/watch/json_wire.h"
#include "controlplane/watch/protobuf_splitter.h"
#include "controlplane/yaml/printable.h"
#include "proto/kubernetes/core.pb.h"
#include "proto/kubernetes/runtime.pb.h"

namespace portico {
namespace {

using google::protobuf::Message;

const TypeName kStatus{"v1", "Status"};

absl::Status read_message(absl::string_view wire, Message* message) {
  if (message->ParseFromArray(wire.data(), static_cast<int>(wire.size()))) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("malformed protobuf: a ", message->GetDescriptor()->name(), " can't be read"));
}

// The JSON object, or the one that is its value under `key`, as `message`.
absl::Status read_json(const JsonObject& json, const char* key, Message* message) {
  const absl::StatusOr<std::string> wire = json.encode(*message->GetDescriptor(), key);
  return wire.ok() ? read_message(*wire, message) : wire.status();
}

absl::StatusOr<TypeName> type_of(const JsonObject& json, const char* key = nullptr) {
  kubernetes::TypeMeta type;
  if (absl::Status read = read_json(json, key, &type); !read.ok()) return read;
  return TypeName{type.api_version(), type.kind()};
}

// The empty message for an object that says it is of type `actual`; null for others.
MessagePtr message_for(const TypeName& actual, const TypeName& expected, const Message& prototype) {
  if (actual == expected) return MessagePtr(prototype.New());
  if (actual.kind == kStatus.kind) return std::make_unique<kubernetes::Status>();
  return nullptr;
}

absl::StatusOr<WatchEvent> decode_json_event(absl::string_view piece, const TypeName& expected,
                                             const Message& prototype) {
  const absl::StatusOr<JsonObject> json = JsonObject::parse(piece);
  if (!json.ok()) return json.status();
  kubernetes::WatchEvent event;
  if (absl::Status read = read_json(*json, nullptr, &event); !read.ok()) return read;
  absl::StatusOr<TypeName> type = type_of(*json, "object");
  if (!type.ok()) return type.status();
  MessagePtr object = message_for(*type, expected, prototype);
  if (object != nullptr) {
    if (absl::Status read = read_json(*json, "object", object.get()); !read.ok()) return read;
  }
  return WatchEvent{event.type(), *std::move(type), std::move(object)};
}

absl::StatusOr<WatchEvent> decode_protobuf_event(absl::string_view piece, const TypeName& expected,
                                                 const Message& prototype) {
  kubernetes::WatchEvent event;
  if (absl::Status read = read_message(piece, &event); !read.ok()) return read;
  absl::StatusOr<Envelope> envelope = open_envelope(event.object().raw());
  if (!envelope.ok()) return envelope.status();
  MessagePtr object = message_for(envelope->type, expected, prototype);
  if (object != nullptr) {
    if (absl::Status read = read_message(envelope->raw, object.get()); !read.ok()) return read;
  }
  return WatchEvent{event.type(), std::move(envelope->type), std::move(object)};
}

absl::Status check_type(const TypeName& actual, const TypeName& expected) {
  const bool any_version = expected.api_version.empty();
  if (actual.kind == expected.kind && (any_version || actual.api_version == expected.api_version)) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "is of kind \"", printable(actual.kind), "\" in \"", printable(actual.api_version),
      "\", not ", expected.kind, " in ", expected.api_version));
}

}  // namespace

absl::StatusOr<MessagePtr> decode_object(Encoding encoding, absl::string_view item,
                                         const Message& prototype) {
  MessagePtr object(prototype.New());
  absl::Status read;
  if (encoding == Encoding::kProtobuf) {
    read = read_message(item, object.get());
  } else {
    const absl::StatusOr<JsonObject> json = JsonObject::parse(item);
    read = json.ok() ? read_json(*json, nullptr, object.get()) : json.status();
  }
  if (!read.ok()) return read;
  if (metadata_of(*object).name().empty()) {
    return absl::InvalidArgumentError("metadata.name: is not there");
  }
  return object;
}

const kubernetes::ObjectMeta& metadata_of(const Message& object) {
  const auto* field = object.GetDescriptor()->FindFieldByName("metadata");
  return static_cast<const kubernetes::ObjectMeta&>(
      object.GetReflection()->GetMessage(object, field));
}

absl::StatusOr<WatchEvent> decode_event(Encoding encoding, absl::string_view piece,
                                        const TypeName& type, const Message& prototype) {
  return encoding == Encoding::kJson ? decode_json_event(piece, type, prototype)
                                     : decode_protobuf_event(piece, type, prototype);
}

absl::StatusOr<ListHeader> decode_list_header(Encoding encoding, const Splitter& splitter) {
  ListHeader header;
  if (encoding == Encoding::kProtobuf) {
    // Of any kind: without its items each list is the same message.
    kubernetes::ServiceList list;
    if (absl::Status read = read_message(splitter.surroundings(), &list); !read.ok()) return read;
    return ListHeader{splitter.type(), list.metadata()};
  }
  const absl::StatusOr<JsonObject> json = JsonObject::parse(splitter.surroundings());
  if (!json.ok()) return json.status();
  absl::StatusOr<TypeName> type = type_of(*json);
  if (!type.ok()) return type.status();
  header.type = *std::move(type);
  if (absl::Status read = read_json(*json, "metadata", &header.metadata); !read.ok()) return read;
  return header;
}

absl::Status decode_body(absl::string_view content_type, absl::string_view body,
                         const TypeName& type, Message* object) {
  const std::optional<Encoding> encoding = encoding_of(content_type);
  if (encoding == Encoding::kProtobuf) {
    const absl::StatusOr<Envelope> envelope = open_envelope(body);
    if (!envelope.ok()) return envelope.status();
    if (absl::Status checked = check_type(envelope->type, type); !checked.ok()) return checked;
    return read_message(envelope->raw, object);
  }
  if (encoding != Encoding::kJson) {
    return absl::InvalidArgumentError(
        absl::StrCat("is of content type \"", printable(content_type), "\""));
  }
  const absl::StatusOr<JsonObject> json = JsonObject::parse(body);
  if (!json.ok()) return json.status();
  const absl::StatusOr<TypeName> actual = type_of(*json);
  if (!actual.ok()) return actual.status();
  if (absl::Status checked = check_type(*actual, type); !checked.ok()) return checked;
  return read_json(*json, nullptr, object);
}

kubernetes::Status decode_error(int http_status, absl::string_view content_type,
                                absl::string_view body) {
  constexpr std::size_t kMaxText = 200;
  kubernetes::Status status;
  if (!decode_body(content_type, body, kStatus, &status).ok()) {
    status.Clear();
    status.set_message(printable(absl::StripAsciiWhitespace(body.substr(0, kMaxText))));
  }
  if (status.code() == 0) status.set_code(http_status);
  return status;
}

}  // namespace portico
