#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "controlplane/store/objects.h"

namespace portico::store {

// One thing that is wrong with one object.
struct Violation {
  ObjectKey object;
  std::string field;    // a path in it: "ports[1].port"; empty: the object as a whole
  std::string message;  // a sentence that has the field as its subject: "must be 1 to 65535, is 0"

  friend bool operator==(const Violation&, const Violation&) = default;
};

// Keeps the first `limit` violations and counts all, so that a controller that has gone mad is
// told so in a bounded message.
class Violations {
 public:
  explicit Violations(std::size_t limit) : limit_(limit) {}

  void add(ObjectKey object, std::string field, std::string message) {
    ++count_;
    if (kept_.size() < limit_) {
      kept_.push_back({std::move(object), std::move(field), std::move(message)});
    }
  }

  bool empty() const { return count_ == 0; }
  std::size_t count() const { return count_; }
  const std::vector<Violation>& kept() const { return kept_; }

 private:
  std::size_t limit_;
  std::size_t count_ = 0;
  std::vector<Violation> kept_;
};

}  // namespace portico::store
