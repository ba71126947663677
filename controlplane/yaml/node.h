#pragma once

// A YAML document as a tree that is safe to walk: it is finite (an alias never contains itself),
// bounded in depth and in its size with every alias expanded, keys are unique text, and nothing
// here throws. load.h makes it.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "controlplane/yaml/faults.h"

namespace portico {

struct YamlEntry;

struct YamlNode {
  enum class Kind : std::uint8_t { kNull, kScalar, kSequence, kMap };

  Kind kind = Kind::kNull;
  bool quoted = false;  // a scalar in quotes, or a block scalar: text whatever it looks like
  YamlMark mark;
  std::string text;                    // of a scalar, unescaped
  std::vector<const YamlNode*> items;  // of a sequence
  std::vector<YamlEntry> entries;      // of a map, in the file's order

  bool is_null() const { return kind == Kind::kNull; }
  bool is_scalar() const { return kind == Kind::kScalar; }
  bool is_sequence() const { return kind == Kind::kSequence; }
  bool is_map() const { return kind == Kind::kMap; }

  // The value under `key`; nullptr when this is no map or has no such key.
  const YamlNode* find(absl::string_view key) const;
  // The scalar under `key`; empty when there is none. For a look at `kind:` before reading.
  absl::string_view text_of(absl::string_view key) const;
};

struct YamlEntry {
  std::string key;
  YamlMark key_mark;
  const YamlNode* value = nullptr;  // never null; may be shared through an alias
};

// "nothing", "text", "a list" or "a mapping", as error messages name it.
absl::string_view to_string(YamlNode::Kind kind);

// The documents of a stream. Owns its nodes; they stay valid when it is moved.
class YamlDocuments {
 public:
  YamlDocuments() = default;
  YamlDocuments(YamlDocuments&&) = default;
  YamlDocuments& operator=(YamlDocuments&&) = default;
  // The roots point into nodes_.
  YamlDocuments(const YamlDocuments&) = delete;
  YamlDocuments& operator=(const YamlDocuments&) = delete;

  const std::vector<const YamlNode*>& roots() const { return roots_; }
  std::size_t size() const { return roots_.size(); }
  const YamlNode& operator[](std::size_t index) const { return *roots_[index]; }

 private:
  friend class YamlTreeBuilder;

  std::deque<YamlNode> nodes_;  // a deque: growing it moves no node
  std::vector<const YamlNode*> roots_;
};

}  // namespace portico
