#pragma once

// Protobuf's part of splitter.h, and the envelope that objects come in.

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "controlplane/watch/splitter.h"

namespace portico {

// What "k8s\0" and runtime.Unknown hold.
struct Envelope {
  TypeName type;
  std::string raw;
};

// InvalidArgument if it is none.
absl::StatusOr<Envelope> open_envelope(absl::string_view bytes);

// The frames of a watch: four bytes of length, most significant first, then as many bytes
// (k8s.io/apimachinery/pkg/util/framer).
class FrameSplitter : public Splitter {
 public:
  explicit FrameSplitter(const SplitterLimits& limits) : limits_(limits) {}

  absl::Status feed(absl::string_view bytes, const TakePiece& take) override;
  absl::Status finish() const override;

 private:
  static constexpr std::size_t kHeader = 4;
  // Nobody sends that: the stream is not one of frames.
  static constexpr std::size_t kAbsurd = std::size_t{256} << 20;

  const SplitterLimits limits_;
  std::string buffer_;       // what has not been handed on
  std::size_t to_skip_ = 0;  // of a frame that is too large
};

// The items of a list within its envelope.
//
// # Theory of operation
//
// Two levels of fields: those of the Unknown, and within its field `raw` those of the list, whose
// field 1 is its metadata and field 2 an item in every list of Kubernetes'. `raw` is as long as the
// list; it is entered and never collected. Every other field is collected whole.
class ProtobufListSplitter : public Splitter {
 public:
  explicit ProtobufListSplitter(const SplitterLimits& limits) : limits_(limits) {}

  absl::Status feed(absl::string_view bytes, const TakePiece& take) override;
  absl::Status finish() const override;
  absl::string_view surroundings() const override { return surroundings_; }
  TypeName type() const override { return type_; }

 private:
  struct Field;

  absl::StatusOr<bool> take_field(absl::string_view* bytes, const TakePiece& take);
  bool is_item(const Field& field) const;
  absl::Status check_size(const Field& field) const;
  absl::Status take_of_envelope(const Field& field);
  absl::Status take_of_list(const Field& field, const TakePiece& take);

  const SplitterLimits limits_;
  std::string buffer_;  // what has not been handed on
  bool has_magic_ = false;
  bool in_list_ = false;
  std::uint64_t list_left_ = 0;  // bytes of the list, while in it
  std::uint64_t to_skip_ = 0;    // of an item that is too large
  TypeName type_;
  std::string surroundings_;
};

}  // namespace portico
