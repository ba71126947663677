#include "controlplane/kubeconfig/kubeconfig_file.h"

#include <filesystem>
#include <set>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "controlplane/yaml/printable.h"
#include "controlplane/yaml/read.h"

namespace portico {
namespace {

// Real ones have a few kilobytes; there are some with hundreds of clusters.
constexpr YamlLimits kLimits{.bytes = std::size_t{16} << 20, .nodes = 500'000};

}  // namespace

KubeconfigFile::KubeconfigFile(const std::string& name, absl::string_view text)
    : path(name), faults(name) {
  documents = load_yaml(text, kLimits, &faults);
  if (!faults.empty() || documents.size() == 0) return;  // an empty file is an empty configuration
  if (documents.size() > 1) {
    faults.add(documents[1].mark, "", "a kubeconfig is one document, this is a second");
    return;
  }
  read_yaml(documents[0], &message, {UnknownFields::kIgnore, FieldNames::kJson, "", &locations},
            &faults);
  if (!faults.empty()) return;
  check_kind();
  check_names("clusters", message.clusters());
  check_names("users", message.users());
  check_names("contexts", message.contexts());
}

std::string KubeconfigFile::resolve(const std::string& name) const {
  if (name.empty()) return name;
  std::error_code error;  // without a working folder, relative paths stay what they are
  return (std::filesystem::absolute(path, error).parent_path() / name).lexically_normal();
}

void KubeconfigFile::check_kind() {
  const auto expect = [&](absl::string_view field, const std::string& value,
                          absl::string_view wanted) {
    if (value.empty() || value == wanted) return;
    faults.add(locations.find(field), field,
               absl::StrCat("must be ", wanted, " in a kubeconfig, is \"", value, "\""));
  };
  expect("kind", message.kind(), "Config");
  expect("apiVersion", message.api_version(), "v1");
}

template <typename Named>
void KubeconfigFile::check_names(absl::string_view list, const Named& entries) {
  std::set<std::string> names;
  for (int i = 0; i < entries.size(); ++i) {
    if (names.insert(entries[i].name()).second) continue;
    const std::string field = absl::StrCat(list, "[", i, "].name");
    faults.add(locations.find(field), field,
               absl::StrCat("\"", entries[i].name(), "\" is in this file already"));
  }
}

KubeconfigEntry::KubeconfigEntry(KubeconfigFile* file, absl::string_view list,
                                 absl::string_view kind, int index, absl::string_view name)
    : file_(file),
      list_(list),
      kind_(kind),
      index_(index),
      label_(absl::StrCat(kind, " \"", printable(name), "\"")) {}

const YamlEntry* KubeconfigEntry::find_entry(absl::string_view field) const {
  const YamlNode* const list = file_->documents[0].find(list_);
  const YamlNode* const fields = list->items[static_cast<std::size_t>(index_)]->find(kind_);
  if (fields == nullptr) return nullptr;
  for (const YamlEntry& entry : fields->entries) {
    if (entry.key == field) return &entry;
  }
  return nullptr;
}

YamlMark KubeconfigEntry::mark_of(absl::string_view field) const {
  if (const YamlEntry* const entry = find_entry(field)) return entry->key_mark;
  return file_->locations.find(absl::StrCat(list_, "[", index_, "].", kind_, ".", field));
}

std::string KubeconfigEntry::name_of(absl::string_view field) const {
  return absl::StrCat(label_, ": ", field);
}

void KubeconfigEntry::fault(absl::string_view field, absl::string_view message) const {
  file_->faults.add(mark_of(field), name_of(field), message);
}

std::string KubeconfigEntry::where(absl::string_view field) const {
  return absl::StrCat(file_->path, ":", mark_of(field).line, ": ", name_of(field));
}

const YamlNode* KubeconfigEntry::find(absl::string_view field) const {
  const YamlEntry* const entry = find_entry(field);
  return entry == nullptr ? nullptr : entry->value;
}

}  // namespace portico
