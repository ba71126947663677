#pragma once

// yaml-cpp's parser events -> YamlDocuments. Private to this folder.
//
// Theory of operation. The parser reports the start and end of each list and mapping and each
// scalar, in the file's order. `open_` is the stack of collections that have started and not ended;
// a node that is complete is attached to the innermost. In a mapping the first attached node is a
// key, the next its value, and so on. `nodes_counted_` grows by one with every node and by a whole
// tree's size with every alias, so it is the size of the expanded documents at any time, and the
// limits hold before anybody walks the tree. Depth works alike: that of an alias is where it stands
// plus the height of what it names.

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "controlplane/yaml/faults.h"
#include "controlplane/yaml/load.h"
#include "controlplane/yaml/node.h"
#include "yaml-cpp/eventhandler.h"
#include "yaml-cpp/mark.h"

namespace portico {

// yaml-cpp counts from 0, and has a "null mark" of -1.
YamlMark to_mark(const YAML::Mark& mark);

// A limit was passed: thrown through yaml-cpp's parser to load_yaml(), after the fault was added.
struct YamlLimitPassed {};

class YamlTreeBuilder : public YAML::EventHandler {
 public:
  YamlTreeBuilder(const YamlLimits& limits, YamlDocuments* documents, Faults* faults)
      : limits_(limits), documents_(*documents), faults_(*faults) {}

  void OnDocumentStart(const YAML::Mark& mark) override;
  void OnDocumentEnd() override;
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override;
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override;
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override;
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value style) override;
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value style) override;
  void OnMapEnd() override { close(); }

 private:
  // A complete node, and what it costs to expand.
  struct Tree {
    const YamlNode* node = nullptr;
    std::size_t size = 1;
    int height = 1;
  };
  struct Open {
    YamlNode* node;
    YAML::anchor_t anchor;
    std::size_t counted_before;
    int height = 1;
    // Of a mapping.
    std::optional<YamlEntry> key;  // read, and waits for its value
    bool key_usable = true;        // false: the entry is dropped, its fault was added
    absl::flat_hash_set<std::string> keys;
  };

  YamlNode* make(YamlNode::Kind kind, const YAML::Mark& mark);
  void leaf(const YAML::Mark& mark, YamlNode::Kind kind, YAML::anchor_t anchor, bool quoted,
            const std::string& text);
  void open(YamlNode::Kind kind, const YAML::Mark& mark, YAML::anchor_t anchor);
  void close();
  void complete(YAML::anchor_t anchor, const Tree& tree, YamlMark mark);
  void attach_key(Open* map, const YamlNode& key, YamlMark mark);
  void count(std::size_t nodes, YamlMark mark);
  void check_depth(int height, YamlMark mark);

  const YamlLimits limits_;
  YamlDocuments& documents_;
  Faults& faults_;
  std::vector<Open> open_;
  absl::flat_hash_map<YAML::anchor_t, Tree> anchors_;  // of this document, complete ones
  const YamlNode* root_ = nullptr;
  std::size_t nodes_counted_ = 0;
};

}  // namespace portico
