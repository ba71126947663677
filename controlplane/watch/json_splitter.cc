#include "controlplane/watch/json_splitter.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace portico {
namespace {

absl::Status malformed(absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("malformed JSON: ", what));
}

}  // namespace

absl::Status JsonSplitter::feed(absl::string_view bytes, const TakePiece& take) {
  for (std::size_t at = 0; at < bytes.size();) {
    if (!in_piece_ && bytes[at] == '{' && (in_items_ || !of_list_) && !in_string_) in_piece_ = true;
    if (!in_piece_) {
      if (absl::Status taken = take_surrounding(bytes[at++]); !taken.ok()) return taken;
      continue;
    }
    const std::size_t begin = at;
    if (absl::Status scanned = scan_piece(bytes, &at); !scanned.ok()) return scanned;
    if (in_piece_) {
      collect(bytes.substr(begin));
    } else {
      end_piece(bytes.substr(begin, at - begin), take);
    }
  }
  return absl::OkStatus();
}

absl::Status JsonSplitter::finish() const {
  if (in_piece_) return malformed("ends within an object");
  if (of_list_ && !done_) return malformed("ends within a list");
  return absl::OkStatus();
}

// Moves `at` behind the piece, or to the end of the bytes.
absl::Status JsonSplitter::scan_piece(absl::string_view bytes, std::size_t* at) {
  while (*at < bytes.size()) {
    const char c = bytes[(*at)++];
    if (in_string_) {
      take_in_string(c);
    } else if (c == '"') {
      in_string_ = true;
    } else if (c == '{' || c == '[') {
      if (++piece_depth_ > kMaxDepth) return malformed("an object is nested too deeply");
    } else if ((c == '}' || c == ']') && --piece_depth_ == 0) {
      in_piece_ = false;
      break;
    }
  }
  return absl::OkStatus();
}

void JsonSplitter::take_in_string(char c) {
  const bool escaped = escaped_;
  escaped_ = !escaped && c == '\\';
  if (!escaped && c == '"') in_string_ = false;
}

void JsonSplitter::end_piece(absl::string_view rest, const TakePiece& take) {
  if (piece_.empty() && !too_large_ && rest.size() <= limits_.max_piece) {
    take(rest);
    return;
  }
  collect(rest);
  if (too_large_) {
    pass_over(piece_);
  } else {
    take(piece_);
  }
  piece_.clear();
  too_large_ = false;
}

void JsonSplitter::collect(absl::string_view bytes) {
  too_large_ = too_large_ || bytes.size() > limits_.max_piece - piece_.size();
  if (too_large_) {
    piece_.append(bytes.data(), std::min(bytes.size(), kBegin));
    piece_.resize(std::min(piece_.size(), kBegin));
    piece_.shrink_to_fit();  // the memory of the rest
  } else {
    piece_.append(bytes.data(), bytes.size());
  }
}

absl::Status JsonSplitter::take_surrounding(char c) {
  const bool blank = absl::ascii_isspace(static_cast<unsigned char>(c));
  if (!of_list_ || done_) {
    return blank ? absl::OkStatus() : malformed("text outside of an object");
  }
  if (in_items_) {
    if (blank || c == ',') return absl::OkStatus();
    if (c != ']') return malformed("an item is no object");
    in_items_ = false;
  }
  if (surroundings_.size() == limits_.max_surroundings) {
    return malformed("too much text around the items of a list");
  }
  surroundings_ += c;
  if (in_string_) {
    text_ += c;
    take_in_string(c);
    return absl::OkStatus();
  }
  if (depth_ == 0 && c != '{' && !blank) return malformed("is no object");
  return take_structure(c);
}

// A character of the surroundings outside of strings.
absl::Status JsonSplitter::take_structure(char c) {
  if (c == '"') {
    in_string_ = true;
    text_.clear();
  } else if (c == ':' && depth_ == 1) {
    key_ = text_;  // with the quote behind it
  } else if (c == ',' && depth_ == 1) {
    key_.clear();
  } else if (c == '{' || c == '[') {
    if (++depth_ > kMaxDepth) return malformed("a list is nested too deeply");
    in_items_ = c == '[' && depth_ == 2 && key_ == "items\"";
  } else if (c == '}' || c == ']') {
    done_ = --depth_ == 0;
  }
  return absl::OkStatus();
}

}  // namespace portico
