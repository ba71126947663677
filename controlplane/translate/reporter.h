#pragma once

// Collects what is to be said of one object.

#include <string>
#include <utility>
#include <vector>

#include "controlplane/kubernetes/object_set.h"

namespace portico {

struct Reports {
  // The object can't be used.
  std::vector<ObjectFault> faults;
  // What may not be what its author had in mind: the object is used all the same.
  std::vector<ObjectFault> warnings;
  // What is none of a gateway's business, and why.
  std::vector<ObjectFault> passed_over;
};

class Reporter {
 public:
  // `place` and `reports` must outlive the reporter.
  Reporter(const ObjectPlace& place, std::string object, Reports* reports)
      : place_(place), object_(std::move(object)), reports_(*reports) {}

  void fault(const std::string& field, const std::string& message) {
    add(field, message, &reports_.faults);
    ++count_;
  }
  void warning(const std::string& field, const std::string& message) {
    add(field, message, &reports_.warnings);
  }
  void pass_over(const std::string& field, const std::string& message) {
    add(field, message, &reports_.passed_over);
  }

  // No fault so far.
  bool ok() const { return count_ == 0; }
  const std::string& object() const { return object_; }
  const ObjectPlace& place() const { return place_; }

 private:
  void add(const std::string& field, const std::string& message, std::vector<ObjectFault>* list) {
    list->push_back({place_.at(field), object_, field, message});
  }

  const ObjectPlace& place_;
  std::string object_;
  Reports& reports_;
  int count_ = 0;
};

}  // namespace portico
