#include "controlplane/watch/protobuf_splitter.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "proto/kubernetes/runtime.pb.h"

namespace portico {
namespace {

constexpr absl::string_view kMagic("k8s\0", 4);

// Field numbers of Unknown, and of every list.
constexpr int kType = 1;
constexpr int kRaw = 2;
constexpr int kItem = 2;

absl::Status malformed(absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("malformed protobuf: ", what));
}

// https://protobuf.dev/programming-guides/encoding: seven bits a byte, least significant first.
enum class Varint : std::uint8_t { kRead, kIncomplete, kMalformed };
Varint read_varint(absl::string_view* bytes, std::uint64_t* value) {
  *value = 0;
  for (std::size_t i = 0; i < 10; ++i) {
    if (i == bytes->size()) return Varint::kIncomplete;
    const auto byte = static_cast<std::uint8_t>((*bytes)[i]);
    *value |= std::uint64_t{byte & 0x7fu} << (7 * i);
    if (byte < 0x80) {
      bytes->remove_prefix(i + 1);
      return Varint::kRead;
    }
  }
  return Varint::kMalformed;
}

}  // namespace

absl::StatusOr<Envelope> open_envelope(absl::string_view bytes) {
  if (!absl::StartsWith(bytes, kMagic)) return malformed("an object is not in its envelope");
  bytes.remove_prefix(kMagic.size());
  kubernetes::Unknown unknown;
  if (!unknown.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return malformed("the envelope of an object can't be read");
  }
  return Envelope{{unknown.type_meta().api_version(), unknown.type_meta().kind()},
                  std::move(*unknown.mutable_raw())};
}

absl::Status FrameSplitter::feed(absl::string_view bytes, const TakePiece& take) {
  buffer_.append(bytes.data(), bytes.size());
  absl::string_view left = buffer_;
  while (true) {
    const std::size_t skipped = std::min(to_skip_, left.size());
    to_skip_ -= skipped;
    left.remove_prefix(skipped);
    if (left.size() < kHeader) break;
    std::size_t length = 0;
    for (std::size_t i = 0; i < kHeader; ++i)
      length = length << 8 | static_cast<std::uint8_t>(left[i]);
    if (length > kAbsurd) return malformed("the length of a frame is absurd");
    if (length > limits_.max_piece) {
      const std::size_t begin = std::min(length, kBegin);
      if (left.size() < kHeader + begin) break;
      pass_over(left.substr(kHeader, begin));
      to_skip_ = kHeader + length;
      continue;
    }
    if (left.size() < kHeader + length) break;
    take(left.substr(kHeader, length));
    left.remove_prefix(kHeader + length);
  }
  buffer_.erase(0, buffer_.size() - left.size());
  return absl::OkStatus();
}

absl::Status FrameSplitter::finish() const {
  return buffer_.empty() && to_skip_ == 0 ? absl::OkStatus() : malformed("ends within a frame");
}

struct ProtobufListSplitter::Field {
  int number = 0;
  bool has_payload = false;   // it is of bytes, not a number
  absl::string_view payload;  // as far as it is there
  std::uint64_t length = 0;   // of the whole payload
  std::uint64_t header = 0;   // the length of what is before the payload
  absl::string_view all;      // header and payload, as far as they are there

  bool is_whole() const { return payload.size() == length; }
};

namespace {

// Tag and length, or tag and number. Fields of other types are nowhere in what is read here.
template <typename Field>
Varint read_field(absl::string_view bytes, Field* field) {
  absl::string_view left = bytes;
  std::uint64_t tag = 0, value = 0;
  if (const Varint result = read_varint(&left, &tag); result != Varint::kRead) return result;
  const std::uint64_t type = tag & 7, number = tag >> 3;
  if (number == 0 || number > 1000 || (type != 0 && type != 2)) return Varint::kMalformed;
  if (const Varint result = read_varint(&left, &value); result != Varint::kRead) return result;
  field->number = static_cast<int>(number);
  field->has_payload = type == 2;
  field->length = field->has_payload ? value : 0;
  field->header = bytes.size() - left.size();
  field->payload = left.substr(0, field->length);
  field->all = bytes.substr(0, field->header + field->payload.size());
  return Varint::kRead;
}

}  // namespace

absl::Status ProtobufListSplitter::feed(absl::string_view bytes, const TakePiece& take) {
  buffer_.append(bytes.data(), bytes.size());
  absl::string_view left = buffer_;
  if (!has_magic_) {
    const absl::string_view begin = left.substr(0, kMagic.size());
    if (!absl::StartsWith(kMagic, begin)) return malformed("a list is not in its envelope");
    has_magic_ = begin.size() == kMagic.size();
    if (has_magic_) left.remove_prefix(kMagic.size());
  }
  for (bool taken = has_magic_; taken && !left.empty();) {
    absl::StatusOr<bool> result = take_field(&left, take);
    if (!result.ok()) return result.status();
    taken = *result;
  }
  buffer_.erase(0, buffer_.size() - left.size());
  return absl::OkStatus();
}

absl::Status ProtobufListSplitter::finish() const {
  const bool complete = has_magic_ && buffer_.empty() && !in_list_ && to_skip_ == 0;
  return complete ? absl::OkStatus() : malformed("ends within a list");
}

bool ProtobufListSplitter::is_item(const Field& field) const {
  return in_list_ && field.has_payload && field.number == kItem;
}

// Consumes a field, or of one that is skipped what is there; false: more is needed.
absl::StatusOr<bool> ProtobufListSplitter::take_field(absl::string_view* bytes,
                                                      const TakePiece& take) {
  if (to_skip_ > 0) {
    const std::size_t skipped = std::min<std::uint64_t>(to_skip_, bytes->size());
    bytes->remove_prefix(skipped);
    to_skip_ -= skipped;
    return true;
  }
  Field field;
  const Varint result = read_field(*bytes, &field);
  if (result == Varint::kMalformed) return malformed("a field of a list can't be read");
  if (result == Varint::kIncomplete) return false;
  if (!in_list_ && field.has_payload && field.number == kRaw) {
    bytes->remove_prefix(field.header);
    list_left_ = field.length;
    in_list_ = list_left_ > 0;
    return true;
  }
  if (absl::Status sized = check_size(field); !sized.ok()) return sized;
  const std::uint64_t size = field.header + field.length;
  if (is_item(field) && field.length > limits_.max_piece) {
    if (field.payload.size() < std::min<std::uint64_t>(field.length, kBegin)) return false;
    pass_over(field.payload);
    to_skip_ = size;
  } else if (!field.is_whole()) {
    return false;
  } else {
    absl::Status taken = in_list_ ? take_of_list(field, take) : take_of_envelope(field);
    if (!taken.ok()) return taken;
    bytes->remove_prefix(size);
  }
  if (in_list_) {
    list_left_ -= size;
    in_list_ = list_left_ > 0;
  }
  return true;
}

// Only an item may be too large and is passed over.
absl::Status ProtobufListSplitter::check_size(const Field& field) const {
  const std::uint64_t size = field.header + field.length;
  if (in_list_ && (field.length > list_left_ || size > list_left_)) {
    return malformed("a field goes beyond its list");
  }
  const std::uint64_t limit = limits_.max_surroundings;
  if (!is_item(field) && (field.length > limit || surroundings_.size() + size > limit)) {
    return malformed("too much around the items of a list");
  }
  return absl::OkStatus();
}

absl::Status ProtobufListSplitter::take_of_envelope(const Field& field) {
  if (field.number != kType || !field.has_payload) return absl::OkStatus();
  kubernetes::TypeMeta type;
  if (!type.ParseFromArray(field.payload.data(), static_cast<int>(field.payload.size()))) {
    return malformed("the type of a list can't be read");
  }
  type_ = {type.api_version(), type.kind()};
  return absl::OkStatus();
}

absl::Status ProtobufListSplitter::take_of_list(const Field& field, const TakePiece& take) {
  if (is_item(field)) {
    take(field.payload);
    return absl::OkStatus();
  }
  surroundings_.append(field.all.data(), field.all.size());
  return absl::OkStatus();
}

}  // namespace portico
