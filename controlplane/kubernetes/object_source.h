#pragma once

// Where Kubernetes objects come from. There is one kind of source for manifest files
// (manifest_source.h); one that lists and watches an API server fits the same interface.
//
// # Theory of operation
//
// A source has a thread of its own. Whenever it knows a complete set of objects that may differ
// from the one before, it hands the whole set to its listener. It hands on nothing before its first
// set is complete (an API server's: before the initial lists of every kind have come), so that a
// consumer may take what is absent for deleted. Sets are cheap to hand on: they share the objects
// that did not change.
//
// When a source finds that what it is given cannot be read, it says why and stays with the set that
// it handed on last.

#include <chrono>
#include <vector>

#include "absl/status/status.h"
#include "controlplane/kubernetes/object_set.h"

namespace portico {

// Called by the thread of a source, one call at a time; must not call back into the source.
class ObjectListener {
 public:
  virtual ~ObjectListener() = default;

  // `changed_at`: when the first of the changes was noticed that led to this set.
  virtual void on_objects(const ObjectSet& objects,
                          std::chrono::steady_clock::time_point changed_at) = 0;
  // The objects as they are now are unusable. At least one fault.
  virtual void on_faults(const std::vector<ObjectFault>& faults) = 0;
};

class ObjectSource {
 public:
  virtual ~ObjectSource() = default;

  // Begins to call `listener`, which must outlive the source or its stop(). An error means that it
  // can never work; it then has no thread.
  virtual absl::Status start(ObjectListener* listener) = 0;
  // No call is made after this has returned. May be called without start(), and again.
  virtual void stop() = 0;
};

}  // namespace portico
