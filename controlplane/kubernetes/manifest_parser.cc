#include "controlplane/kubernetes/manifest_parser.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "controlplane/kubernetes/manifest_defaults.h"
#include "controlplane/kubernetes/manifest_files.h"
#include "controlplane/yaml/load.h"
#include "controlplane/yaml/read.h"

namespace portico {
namespace {

constexpr absl::string_view kCore = "v1";
constexpr absl::string_view kDiscovery = "discovery.k8s.io/v1";

std::string place_of(const std::string& file, const YamlMark& mark) {
  return mark.line == 0 ? file : absl::StrCat(file, ":", mark.line);
}

// "items[3].spec.type" -> "spec.type": the object is named beside it.
std::string without_path(absl::string_view field, const std::string& path) {
  if (path.empty()) return std::string(field);
  if (!absl::ConsumePrefix(&field, path)) return std::string(field);
  absl::ConsumePrefix(&field, ".");
  return std::string(field);
}

ObjectPlace object_place(const std::string& file, const YamlNode& node, const std::string& path,
                         std::shared_ptr<const YamlLocations> locations) {
  return ObjectPlace(file, node.mark.line, [path, locations](absl::string_view field) {
    if (path.empty()) return locations->find(field).line;
    return locations->find(absl::StrCat(path, ".", field)).line;
  });
}

template <typename Message>
void sort_by_name(std::vector<ObjectPtr<Message>>* objects) {
  std::sort(objects->begin(), objects->end(), [](const auto& a, const auto& b) {
    const kubernetes::ObjectMeta& left = a->message.metadata();
    const kubernetes::ObjectMeta& right = b->message.metadata();
    return std::tie(left.namespace_(), left.name()) < std::tie(right.namespace_(), right.name());
  });
}

}  // namespace

struct ManifestParser::Document {
  std::string file;
  std::shared_ptr<YamlLocations> locations;
};

void ManifestParser::add_text(const std::string& file, absl::string_view text) {
  Faults faults(file);
  const YamlDocuments documents = load_yaml(text, YamlLimits{}, &faults);
  for (const Fault& fault : faults.kept()) {
    reading_.faults.push_back({place_of(file, fault.mark), "", fault.field, fault.message});
  }
  if (!faults.empty()) return;
  for (const YamlNode* root : documents.roots()) {
    add_document({file, std::make_shared<YamlLocations>()}, *root);
  }
}

void ManifestParser::add_fault(const std::string& file, absl::string_view message) {
  reading_.faults.push_back({file, "", "", std::string(message)});
}

void ManifestParser::add_document(const Document& document, const YamlNode& root) {
  const bool is_list =
      absl::EndsWith(root.text_of("kind"), "List") && root.find("items") != nullptr;
  if (is_list) {
    add_items(document, root);
  } else {
    add_object(document, root, root.text_of("apiVersion"), root.text_of("kind"), "");
  }
}

void ManifestParser::add_items(const Document& document, const YamlNode& list) {
  const YamlNode& items = *list.find("items");
  if (items.is_null()) return;
  if (!items.is_sequence()) {
    reading_.faults.push_back({place_of(document.file, items.mark), "", "items", "must be a list"});
    return;
  }
  // A ServiceList's items say neither kind nor apiVersion; a List's do.
  const absl::string_view list_kind = absl::StripSuffix(list.text_of("kind"), "List");
  for (std::size_t i = 0; i < items.items.size(); ++i) {
    const YamlNode& item = *items.items[i];
    absl::string_view api_version = item.text_of("apiVersion");
    absl::string_view kind = item.text_of("kind");
    if (kind.empty() && !list_kind.empty()) {
      kind = list_kind;
      api_version = list.text_of("apiVersion");
    }
    add_object(document, item, api_version, kind, absl::StrCat("items[", i, "]"));
  }
}

void ManifestParser::add_object(const Document& document, const YamlNode& node,
                                absl::string_view api_version, absl::string_view kind,
                                const std::string& path) {
  if (api_version.empty() || kind.empty()) {
    const char* field = kind.empty() ? "kind" : "apiVersion";
    reading_.faults.push_back({place_of(document.file, node.mark), "",
                               path.empty() ? field : path + "." + field,
                               node.is_map() ? "is missing: this is no Kubernetes object"
                                             : "is missing: a Kubernetes object is a mapping"});
    return;
  }
  ObjectSet& objects = reading_.objects;
  if (kind == "Service" && api_version == kCore) {
    read_object(document, node, kind, path, &objects.services);
  } else if (kind == "EndpointSlice" && api_version == kDiscovery) {
    read_object(document, node, kind, path, &objects.endpoint_slices);
  } else if (kind == "Node" && api_version == kCore) {
    read_object(document, node, kind, path, &objects.nodes);
  } else {
    const YamlNode* metadata = node.find("metadata");
    kubernetes::ObjectMeta name;
    if (metadata != nullptr && metadata->is_map()) {
      name.set_namespace_(std::string(metadata->text_of("namespace")));
      name.set_name(std::string(metadata->text_of("name")));
    }
    reading_.skipped.push_back(
        {place_of(document.file, node.mark), object_name(kind, name), "",
         absl::StrCat("is of no kind that is read: ", kind, " (", api_version, ")")});
  }
}

template <typename Message>
void ManifestParser::read_object(const Document& document, const YamlNode& node,
                                 absl::string_view kind, const std::string& path,
                                 std::vector<ObjectPtr<Message>>* objects) {
  auto object = std::make_shared<Sourced<Message>>();
  Message& message = object->message;
  Faults faults(document.file);
  YamlReadOptions options;
  options.unknown_fields = UnknownFields::kIgnore;
  options.field_names = FieldNames::kJson;
  options.path = path;
  options.locations = document.locations.get();
  read_yaml(node, &message, options, &faults);
  object->place = object_place(document.file, node, path, document.locations);

  std::vector<std::pair<std::string, std::string>> incomplete;
  complete_manifest(&message, [&](const std::string& field, const std::string& text) {
    incomplete.emplace_back(field, text);
  });
  const std::string name = object_name(kind, message.metadata());
  for (const Fault& fault : faults.kept()) {
    reading_.faults.push_back({place_of(document.file, fault.mark), name,
                               without_path(fault.field, path), fault.message});
  }
  for (const auto& [field, text] : incomplete) {
    reading_.faults.push_back({object->place.at(field), name, field, text});
  }
  if (message.metadata().name().empty() || !is_new(name, object->place.at(""))) return;
  objects->push_back(std::move(object));
}

bool ManifestParser::is_new(const std::string& object, const std::string& place) {
  const auto [first, inserted] = places_.emplace(object, place);
  if (inserted) return true;
  reading_.faults.push_back(
      {place, object, "", absl::StrCat("is there already, at ", first->second)});
  return false;
}

ManifestReading ManifestParser::finish() {
  sort_by_name(&reading_.objects.services);
  sort_by_name(&reading_.objects.endpoint_slices);
  sort_by_name(&reading_.objects.nodes);
  places_.clear();
  return std::exchange(reading_, {});
}

ManifestReading read_manifests(const std::string& path) {
  ManifestParser parser;
  const auto files = list_manifest_files(path);
  if (!files.ok()) {
    parser.add_fault("", files.status().message());
    return parser.finish();
  }
  for (const std::string& file : *files) {
    const auto text = read_text_file(file, YamlLimits{}.bytes);
    if (text.ok()) {
      parser.add_text(file, *text);
    } else {
      parser.add_fault("", text.status().message());
    }
  }
  return parser.finish();
}

}  // namespace portico
