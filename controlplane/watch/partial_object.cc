#include "controlplane/watch/partial_object.h"

#include <cstdint>
#include <utility>
#include <vector>

#include "absl/strings/strip.h"
#include "google/protobuf/io/coded_stream.h"
#include "rapidjson/memorystream.h"
#include "rapidjson/reader.h"

namespace portico {
namespace {

// Notes the texts that are looked for until metadata has ended, or the bytes have.
class JsonFinder : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, JsonFinder> {
 public:
  explicit JsonFinder(std::vector<std::string> metadata_at) : wanted_(std::move(metadata_at)) {}

  bool Default() { return true; }
  bool StartObject() { return enter(); }
  bool StartArray() { return enter(); }
  bool Key(const char* text, rapidjson::SizeType size, bool) {
    key_.assign(text, size);
    return true;
  }
  bool String(const char* text, rapidjson::SizeType size, bool) {
    if (path_ == wanted_ && key_ == "name") name_.assign(text, size);
    if (path_ == wanted_ && key_ == "namespace") {
      name_space_.assign(text, size);
      complete_ = true;
    }
    if (path_.size() == 1 && key_ == "type") type_.assign(text, size);
    return true;
  }
  bool EndObject(rapidjson::SizeType) { return leave(); }
  bool EndArray(rapidjson::SizeType) { return leave(); }

  PartialObject found() const {
    PartialObject object;
    object.event_type = type_;
    if (!complete_) return object;
    object.metadata.set_name(name_);
    object.metadata.set_namespace_(name_space_);
    return object;
  }

 private:
  bool enter() {
    path_.push_back(std::exchange(key_, ""));
    return true;
  }
  bool leave() {
    complete_ = complete_ || path_ == wanted_;
    path_.pop_back();
    return true;
  }

  const std::vector<std::string> wanted_;
  std::vector<std::string> path_;  // the keys that lead here; the outermost object's is empty
  std::string key_;
  std::string type_, name_, name_space_;
  bool complete_ = false;  // there is no namespace besides
};

PartialObject find_in_json(absl::string_view bytes, std::vector<std::string> metadata_at) {
  JsonFinder finder(std::move(metadata_at));
  rapidjson::Reader reader;
  rapidjson::MemoryStream stream(bytes.data(), bytes.size());
  reader.Parse<rapidjson::kParseIterativeFlag>(stream, finder);  // as far as it goes
  return finder.found();
}

// A field of bytes, as far as it is there.
struct Bytes {
  absl::string_view bytes;
  bool found = false;
  bool whole = false;
};

Bytes field(const Bytes& message, std::uint32_t number) {
  google::protobuf::io::CodedInputStream in(
      reinterpret_cast<const std::uint8_t*>(message.bytes.data()),
      static_cast<int>(message.bytes.size()));
  while (const std::uint32_t tag = in.ReadTag()) {
    std::uint64_t value = 0;
    if (!in.ReadVarint64(&value)) break;
    if ((tag & 7) == 0) continue;
    if ((tag & 7) != 2) break;  // of no type that Kubernetes' metadata has
    const absl::string_view rest =
        message.bytes.substr(static_cast<std::size_t>(in.CurrentPosition()));
    if (tag >> 3 == number) return {rest.substr(0, value), true, value <= rest.size()};
    if (value > rest.size() || !in.Skip(static_cast<int>(value))) break;
  }
  return {};
}

PartialObject find_in_protobuf(const Bytes& object) {
  const Bytes metadata = field(object, 1);
  const Bytes name = field(metadata, 1);
  const Bytes name_space = field(metadata, 3);
  PartialObject found;
  const bool complete = name_space.found ? name_space.whole : metadata.whole;
  if (!name.whole || !complete) return found;
  found.metadata.set_name(std::string(name.bytes));
  found.metadata.set_namespace_(std::string(name_space.bytes));
  return found;
}

}  // namespace

PartialObject find_partial_item(Encoding encoding, absl::string_view bytes) {
  if (encoding == Encoding::kProtobuf) return find_in_protobuf({bytes, true, true});
  PartialObject found = find_in_json(bytes, {"", "metadata"});
  found.event_type.clear();
  return found;
}

// {type = 1, object = 2 {raw = 1: "k8s\0" and Unknown {raw = 2}}}
PartialObject find_partial_event(Encoding encoding, absl::string_view bytes) {
  if (encoding == Encoding::kJson) return find_in_json(bytes, {"", "object", "metadata"});
  const Bytes event{bytes, true, true};
  Bytes envelope = field(field(event, 2), 1);
  PartialObject found;
  if (absl::ConsumePrefix(&envelope.bytes, absl::string_view("k8s\0", 4))) {
    found = find_in_protobuf(field(envelope, 2));
  }
  found.event_type = std::string(field(event, 1).bytes);
  return found;
}

}  // namespace portico
