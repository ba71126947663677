#pragma once

// YAML manifests -> Kubernetes objects.

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "controlplane/kubernetes/object_set.h"
#include "controlplane/yaml/faults.h"
#include "controlplane/yaml/node.h"

namespace portico {

struct ManifestReading {
  ObjectSet objects;                // not to be used when there are faults
  std::vector<ObjectFault> faults;  // in the order of files and lines
  // What was passed over because it is of no kind that we read, in the same order.
  std::vector<ObjectFault> skipped;
};

// Collects the objects of any number of files. A document is a Service, an EndpointSlice, a Node,
// or a list of them (`kind: List`, as kubectl prints, or ServiceList and so on). Unknown fields are
// ignored, as Kubernetes does.
class ManifestParser {
 public:
  // `file` is the name that faults get.
  void add_text(const std::string& file, absl::string_view text);
  // A file that could not be read at all.
  void add_fault(const std::string& file, absl::string_view message);
  ManifestReading finish();

 private:
  struct Document;

  void add_document(const Document& document, const YamlNode& root);
  void add_items(const Document& document, const YamlNode& list);
  void add_object(const Document& document, const YamlNode& node, absl::string_view api_version,
                  absl::string_view kind, const std::string& path);
  template <typename Message>
  void read_object(const Document& document, const YamlNode& node, absl::string_view kind,
                   const std::string& path, std::vector<ObjectPtr<Message>>* objects);
  // Whether it is the first of this name.
  bool is_new(const std::string& object, const std::string& place);

  ManifestReading reading_;
  std::map<std::string, std::string> places_;  // "Service default/web" -> "web.yaml:12"
};

// All files that `path` stands for (manifest_files.h).
ManifestReading read_manifests(const std::string& path);

}  // namespace portico
