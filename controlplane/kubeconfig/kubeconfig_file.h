#pragma once

// One kubeconfig file as it was read, and its entries.

#include <string>

#include "absl/strings/string_view.h"
#include "controlplane/yaml/faults.h"
#include "controlplane/yaml/load.h"
#include "proto/kubernetes/kubeconfig.pb.h"

namespace portico {

// What the file says is in `message`, what is wrong with it in `faults`.
struct KubeconfigFile {
  KubeconfigFile(const std::string& path, absl::string_view text);

  // A path in the file is relative to the file's folder.
  std::string resolve(const std::string& path) const;

  std::string path;
  Faults faults;
  kubernetes::Kubeconfig message;
  YamlLocations locations;
  YamlDocuments documents;

 private:
  void check_kind();
  template <typename Named>
  void check_names(absl::string_view list, const Named& entries);
};

// One cluster, user or context: the place that faults about its fields have.
class KubeconfigEntry {
 public:
  // `list` is "clusters", `kind` "cluster".
  KubeconfigEntry(KubeconfigFile* file, absl::string_view list, absl::string_view kind, int index,
                  absl::string_view name);

  void fault(absl::string_view field, absl::string_view message) const;
  // "FILE:LINE: cluster "x": FIELD"
  std::string where(absl::string_view field) const;
  // The field's node, for what no message holds; or null.
  const YamlNode* find(absl::string_view field) const;
  std::string resolve(const std::string& path) const { return file_->resolve(path); }
  const std::string& label() const { return label_; }  // `cluster "x"`

 private:
  const YamlEntry* find_entry(absl::string_view field) const;
  YamlMark mark_of(absl::string_view field) const;
  std::string name_of(absl::string_view field) const;

  KubeconfigFile* file_;
  std::string list_;
  std::string kind_;
  int index_;
  std::string label_;
};

}  // namespace portico
