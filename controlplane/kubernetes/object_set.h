#pragma once

// Kubernetes objects with the places they were read at, and their changes: what every source of
// objects hands on, and all that the translation sees of it.

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "proto/kubernetes/core.pb.h"
#include "proto/kubernetes/discovery.pb.h"

namespace portico {

// Where an object was read. For an object of an API server the file is empty.
class ObjectPlace {
 public:
  // The line of a field, by its path in the object ("spec.ports[0].port"); 0 when it is not known.
  using LineOfField = std::function<int(absl::string_view field)>;

  ObjectPlace() = default;
  ObjectPlace(std::string file, int line, LineOfField line_of_field)
      : file_(std::move(file)), line_(line), line_of_field_(std::move(line_of_field)) {}

  // "web.yaml:12"; of the object as a whole when `field` is empty or not in the file. Empty without
  // a file.
  std::string at(absl::string_view field) const;

 private:
  std::string file_;
  int line_ = 0;
  LineOfField line_of_field_;
};

// A Kubernetes object. Immutable once it was handed on.
template <typename Message>
struct Sourced {
  Message message;
  ObjectPlace place;
};

template <typename Message>
using ObjectPtr = std::shared_ptr<const Sourced<Message>>;

// "default/web", or "worker-1" for an object without a namespace: what names an object of its kind.
using ObjectKey = std::string;

ObjectKey key_of(const kubernetes::ObjectMeta& metadata);

// All objects there are at one time: what is not in it does not exist. Copying shares the objects.
struct ObjectSet {
  // Each sorted by namespace, then name; each name once.
  std::vector<ObjectPtr<kubernetes::Service>> services;
  std::vector<ObjectPtr<kubernetes::EndpointSlice>> endpoint_slices;
  std::vector<ObjectPtr<kubernetes::Node>> nodes;
};

// What has changed among the objects of one kind. A key is in it once.
template <typename Message>
struct KindUpdate {
  std::vector<ObjectPtr<Message>> set;  // new, or in place of the one with the same key
  std::vector<ObjectKey> deleted;       // one that was not there is no error

  bool empty() const { return set.empty() && deleted.empty(); }
};

// What has changed among the objects, all at once.
struct ObjectUpdate {
  // What was there before is gone, of every kind: what is set is all there is.
  bool reset = false;
  KindUpdate<kubernetes::Service> services;
  KindUpdate<kubernetes::EndpointSlice> endpoint_slices;
  KindUpdate<kubernetes::Node> nodes;
  // When the first of the changes was noticed.
  std::chrono::steady_clock::time_point changed_at;
};

// The update by which these objects come to be all there is.
ObjectUpdate reset_to(ObjectSet objects, std::chrono::steady_clock::time_point changed_at);

// What is wrong with an object.
struct ObjectFault {
  std::string place;    // "web.yaml:12"; empty when there is none
  std::string object;   // "Service default/web"; empty when it could not be read that far
  std::string field;    // "spec.ports[0].port"; empty: the object as a whole
  std::string message;  // a clause that follows the field: "must be between 1 and 65535, is 0"

  // "web.yaml:12: Service default/web: spec.ports[0].port: must be ..."; without what is empty.
  // What may come from the object's author is printable.
  std::string to_string() const;
  friend bool operator==(const ObjectFault&, const ObjectFault&) = default;
};

// "Service default/web", "Node worker-1".
std::string object_name(absl::string_view kind, const kubernetes::ObjectMeta& metadata);

}  // namespace portico
