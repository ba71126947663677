#pragma once

// Bytes of a response as they come -> pieces that can be decoded one by one: the events of a watch,
// or the items of a list.
//
// # Theory of operation
//
//   watch, JSON       {"type":"ADDED","object":{...}}{"type":...   each of them is a piece
//   watch, protobuf   [0 0 1 7][WatchEvent, 263 bytes][0 0 ...     each frame's contents is a piece
//   list, JSON        {"kind":"ServiceList",...,"items":[{...},{...}]}
//   list, protobuf    "k8s\0" Unknown{raw: ServiceList{items, items, ...}}
//                                             each item is a piece; what is around the items is
//                                             kept
//
// Nothing is assumed about where the bytes are cut (RFC 9112 section 7.1: chunks mean nothing). A
// piece that came whole is handed on where it lies; else it is collected. Memory is bounded by
// `max_piece`: what is larger is passed over but for its begin, and counted; the next piece is
// found all the same.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "controlplane/watch/encoding.h"

namespace portico {

struct SplitterLimits {
  // etcd takes no object of more than 1.5 MiB in protobuf (its --max-request-bytes); in JSON it is
  // several times that.
  std::size_t max_piece = std::size_t{16} << 20;
  // What is around the items of a list.
  std::size_t max_surroundings = std::size_t{1} << 20;
};

class Splitter {
 public:
  // The bytes are valid during the call.
  using TakePiece = std::function<void(absl::string_view piece)>;

  virtual ~Splitter() = default;

  // InvalidArgument: this is no such response; no more can be fed.
  virtual absl::Status feed(absl::string_view bytes, const TakePiece& take) = 0;
  // When the response has ended: InvalidArgument if that was in the middle of something.
  virtual absl::Status finish() const = 0;
  // What is around the items of a list once all has been fed: the JSON text or the encoded message
  // of the list without its items. Empty for a watch.
  virtual absl::string_view surroundings() const { return {}; }
  // The list's apiVersion and kind, where they are not part of the surroundings (protobuf).
  virtual TypeName type() const { return {}; }

  // Pieces that were too large.
  std::uint64_t passed_over() const { return passed_over_; }
  // Takes the begin of each of them, up to kBegin bytes of it, in its turn.
  void on_too_large(TakePiece take) { take_begin_ = std::move(take); }

 protected:
  static constexpr std::size_t kBegin = 4096;  // an object's name is in its first few hundred

  void pass_over(absl::string_view begin) {
    ++passed_over_;
    if (take_begin_) take_begin_(begin.substr(0, kBegin));
  }

 private:
  TakePiece take_begin_;
  std::uint64_t passed_over_ = 0;
};

std::unique_ptr<Splitter> make_watch_splitter(Encoding encoding, const SplitterLimits& limits = {});
std::unique_ptr<Splitter> make_list_splitter(Encoding encoding, const SplitterLimits& limits = {});

}  // namespace portico
