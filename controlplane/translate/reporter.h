#pragma once

// Collects what is wrong with one object.

#include <string>
#include <utility>
#include <vector>

#include "controlplane/kubernetes/object_set.h"

namespace portico {

class Reporter {
 public:
  // `place` and the vectors must outlive the reporter.
  Reporter(const ObjectPlace& place, std::string object, std::vector<ObjectFault>* faults,
           std::vector<ObjectFault>* warnings)
      : place_(place), object_(std::move(object)), faults_(faults), warnings_(warnings) {}

  void fault(const std::string& field, const std::string& message) {
    faults_->push_back({place_.at(field), object_, field, message});
    ++count_;
  }
  void warning(const std::string& field, const std::string& message) {
    warnings_->push_back({place_.at(field), object_, field, message});
  }

  // No fault so far.
  bool ok() const { return count_ == 0; }
  const std::string& object() const { return object_; }
  const ObjectPlace& place() const { return place_; }

 private:
  const ObjectPlace& place_;
  std::string object_;
  std::vector<ObjectFault>* faults_;
  std::vector<ObjectFault>* warnings_;
  int count_ = 0;
};

}  // namespace portico
