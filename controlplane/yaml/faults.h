#pragma once

// What is wrong with a YAML file, all of it: each fault with its place and the field it is about.

#include <cstddef>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace portico {

// A place in a file; lines and columns count from 1. Line 0: the file as a whole.
struct YamlMark {
  int line = 0;
  int column = 0;

  friend bool operator==(const YamlMark&, const YamlMark&) = default;
};

struct Fault {
  std::string file;
  YamlMark mark;
  std::string field;    // "ports[1].addresses[0]"; empty: no particular field
  std::string message;  // a clause that follows the field: "must be between 1 and 4094"

  // "porticod.yaml:12: ports[0].mtu: must be ..."; without the parts that are not known.
  std::string to_string() const;
};

// Collects the faults of one file. The first kMaxKept are kept, the rest is counted, so that a
// hostile file cannot make its own error message grow without bound.
class Faults {
 public:
  static constexpr std::size_t kMaxKept = 100;

  // `file` is the name that people know it by; it need not exist.
  explicit Faults(absl::string_view file) : file_(file) {}

  // Control characters are escaped, and what is very long is cut: both texts may come from the
  // file.
  void add(YamlMark mark, absl::string_view field, absl::string_view message);

  bool empty() const { return count_ == 0; }
  std::size_t count() const { return count_; }
  const std::string& file() const { return file_; }
  const std::vector<Fault>& kept() const { return kept_; }  // in the order they were found

  // One fault a line, sorted by line, without a newline at the end.
  std::string to_string() const;
  // Ok when there is none, else InvalidArgument with to_string().
  absl::Status status() const;

 private:
  std::string file_;
  std::vector<Fault> kept_;
  std::size_t count_ = 0;
};

// Where each field that was read stands in its file, so that a check made long after reading can
// still name the line.
class YamlLocations {
 public:
  void add(absl::string_view field, YamlMark mark) { marks_.emplace(field, mark); }

  // The place of `field`, or of its nearest parent that is in the file, or no place.
  YamlMark find(absl::string_view field) const;

 private:
  absl::flat_hash_map<std::string, YamlMark> marks_;
};

}  // namespace portico
