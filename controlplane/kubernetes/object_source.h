#pragma once

// Where Kubernetes objects come from: manifest files (manifest_source.h), or an API server that is
// asked for lists and watched, behind the same interface.
//
// # Theory of operation
//
// A source has a thread of its own, and hands on what has changed:
//
//   {reset; Services web, db; slices web-1, db-1; Nodes n1, n2}    the first one: all there is
//   {slices: web-1 set}                                            from then on what has changed
//   {Services: db deleted; slices: db-1 deleted}
//
// It hands on nothing before it knows the objects of every kind (an API server's: before the
// initial lists of all of them have come), so that a consumer may take what is absent for deleted.
// The first update, and any one that stands for all there is (each one of manifests), is a reset.
// What came together, or while the listener was at work, is handed on as one update: a key is in it
// once, with what became of the object in the end.
//
// Order means nothing within an update, and little between kinds: a slice may come before its
// Service and outlive it.
//
// When a source finds that what it is given cannot be read, it says why, and what it has handed on
// stays as it is.

#include <vector>

#include "absl/status/status.h"
#include "controlplane/kubernetes/object_set.h"

namespace portico {

// Called by the thread of a source, one call at a time; must not call back into the source.
class ObjectListener {
 public:
  virtual ~ObjectListener() = default;

  virtual void on_update(const ObjectUpdate& update) = 0;
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
