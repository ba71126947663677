#include "controlplane/yaml/tree_builder.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "controlplane/yaml/utf8.h"

namespace portico {

YamlMark to_mark(const YAML::Mark& mark) {
  return mark.is_null() ? YamlMark{} : YamlMark{mark.line + 1, mark.column + 1};
}

void YamlTreeBuilder::OnDocumentStart(const YAML::Mark&) {
  root_ = nullptr;
  open_.clear();
  anchors_.clear();
}

void YamlTreeBuilder::OnDocumentEnd() {
  if (root_ != nullptr && !root_->is_null()) documents_.roots_.push_back(root_);
}

void YamlTreeBuilder::OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) {
  leaf(mark, YamlNode::Kind::kNull, anchor, false, "");
}

void YamlTreeBuilder::OnScalar(const YAML::Mark& mark, const std::string& tag,
                               YAML::anchor_t anchor, const std::string& value) {
  // The file is UTF-8, but yaml-cpp makes a single byte, 0xa0 or 0x85, of the escapes \_ and \N.
  if (find_invalid_utf8(value) != absl::string_view::npos) {
    faults_.add(to_mark(mark), "", "has an escape, \\_ or \\N, that is not supported");
    return leaf(mark, YamlNode::Kind::kNull, anchor, false, "");
  }
  // yaml-cpp gives a plain scalar the tag "?", and any other without a tag of its own "!".
  leaf(mark, YamlNode::Kind::kScalar, anchor, tag != "?", value);
}

void YamlTreeBuilder::OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) {
  const auto found = anchors_.find(anchor);
  if (found == anchors_.end()) {
    faults_.add(to_mark(mark), "", "this alias stands within its own anchor");
    leaf(mark, YamlNode::Kind::kNull, 0, false, "");
    return;
  }
  count(found->second.size, to_mark(mark));
  complete(0, found->second, to_mark(mark));
}

void YamlTreeBuilder::OnSequenceStart(const YAML::Mark& mark, const std::string&,
                                      YAML::anchor_t anchor, YAML::EmitterStyle::value) {
  open(YamlNode::Kind::kSequence, mark, anchor);
}

void YamlTreeBuilder::OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                                 YAML::EmitterStyle::value) {
  open(YamlNode::Kind::kMap, mark, anchor);
}

YamlNode* YamlTreeBuilder::make(YamlNode::Kind kind, const YAML::Mark& mark) {
  count(1, to_mark(mark));
  YamlNode& node = documents_.nodes_.emplace_back();
  node.kind = kind;
  node.mark = to_mark(mark);
  return &node;
}

void YamlTreeBuilder::leaf(const YAML::Mark& mark, YamlNode::Kind kind, YAML::anchor_t anchor,
                           bool quoted, const std::string& text) {
  YamlNode* node = make(kind, mark);
  node->quoted = quoted;
  node->text = text;
  complete(anchor, Tree{node}, node->mark);
}

void YamlTreeBuilder::open(YamlNode::Kind kind, const YAML::Mark& mark, YAML::anchor_t anchor) {
  check_depth(1, to_mark(mark));
  const std::size_t counted_before = nodes_counted_;
  Open collection;
  collection.node = make(kind, mark);
  collection.anchor = anchor;
  collection.counted_before = counted_before;
  open_.push_back(std::move(collection));
}

void YamlTreeBuilder::close() {
  const Open done = std::move(open_.back());
  open_.pop_back();
  complete(done.anchor, Tree{done.node, nodes_counted_ - done.counted_before, done.height},
           done.node->mark);
}

void YamlTreeBuilder::complete(YAML::anchor_t anchor, const Tree& tree, YamlMark mark) {
  check_depth(tree.height, mark);
  if (anchor != 0) anchors_[anchor] = tree;
  if (open_.empty()) {
    root_ = tree.node;
    return;
  }
  Open& parent = open_.back();
  parent.height = std::max(parent.height, tree.height + 1);
  if (parent.node->is_sequence()) {
    parent.node->items.push_back(tree.node);
  } else if (!parent.key.has_value()) {
    attach_key(&parent, *tree.node, mark);
  } else {
    parent.key->value = tree.node;
    if (parent.key_usable) parent.node->entries.push_back(*std::move(parent.key));
    parent.key.reset();
  }
}

void YamlTreeBuilder::attach_key(Open* map, const YamlNode& key, YamlMark mark) {
  map->key = YamlEntry{key.text, mark, nullptr};
  map->key_usable = false;
  if (!key.is_scalar()) {
    faults_.add(mark, "", absl::StrCat("a key must be text, not ", to_string(key.kind)));
  } else if (key.text == "<<" && !key.quoted) {
    faults_.add(mark, "", "merge keys (<<) are not supported, write the fields out");
  } else if (!map->keys.insert(key.text).second) {
    faults_.add(mark, "", absl::StrCat("\"", key.text, "\" is twice in this mapping"));
  } else {
    map->key_usable = true;
  }
}

void YamlTreeBuilder::count(std::size_t nodes, YamlMark mark) {
  nodes_counted_ += nodes;
  if (nodes_counted_ <= limits_.nodes) return;
  faults_.add(mark, "",
              absl::StrCat("the file has more than ", limits_.nodes,
                           " values, with each alias counted as what it stands for"));
  throw YamlLimitPassed();
}

void YamlTreeBuilder::check_depth(int height, YamlMark mark) {
  if (static_cast<int>(open_.size()) + height <= limits_.depth) return;
  faults_.add(mark, "",
              absl::StrCat("lists and mappings are more than ", limits_.depth, " levels deep"));
  throw YamlLimitPassed();
}

}  // namespace portico
