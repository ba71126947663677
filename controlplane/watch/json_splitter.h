#pragma once

// JSON's part of splitter.h: finds where objects begin and end, and leaves it to their reader
// whether what is between is JSON.

#include <cstddef>
#include <string>

#include "controlplane/watch/splitter.h"

namespace portico {

// # Theory of operation
//
// A piece is an object; its end is found by counting the brackets that are outside of strings. The
// pieces of a watch follow each other; those of a list are in the list "items" of the outermost
// object. Of a list all that is outside of its pieces is kept as the surroundings:
//
//   {"kind":"ServiceList","metadata":{"resourceVersion":"7"},"items":[]}
class JsonSplitter : public Splitter {
 public:
  enum class Pieces : std::uint8_t { kOutermost, kItems };

  JsonSplitter(Pieces pieces, const SplitterLimits& limits)
      : limits_(limits), of_list_(pieces == Pieces::kItems) {}

  absl::Status feed(absl::string_view bytes, const TakePiece& take) override;
  absl::Status finish() const override;
  absl::string_view surroundings() const override { return surroundings_; }

 private:
  // Deeper than any object that is read, and shallow enough for a reader that recurses.
  static constexpr int kMaxDepth = 64;

  absl::Status scan_piece(absl::string_view bytes, std::size_t* at);
  void end_piece(absl::string_view rest, const TakePiece& take);
  void collect(absl::string_view bytes);
  absl::Status take_surrounding(char c);
  void take_in_string(char c);
  absl::Status take_structure(char c);

  const SplitterLimits limits_;
  const bool of_list_;

  bool in_string_ = false;
  bool escaped_ = false;  // within a string: the character before was a backslash

  bool in_piece_ = false;  // from its { to its }
  int piece_depth_ = 0;
  bool too_large_ = false;  // only the begin of the piece is kept
  std::string piece_;       // what came of it in earlier calls

  // Of a list:
  int depth_ = 0;          // of what is around the items
  bool in_items_ = false;  // between "[" and "]"
  bool done_ = false;      // the outermost object has ended
  std::string surroundings_;
  std::string text_;  // the string that was read last
  std::string key_;   // of the outermost object, where its value is awaited
};

}  // namespace portico
