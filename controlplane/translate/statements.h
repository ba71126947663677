#pragma once

// What was said of each object, so that it is said once.

#include <cstddef>
#include <map>
#include <string>

#include "controlplane/translate/reporter.h"

namespace portico {

// Why something is said of an object: for what it is, or for what others are.
enum class Cause { kItself, kOthers };

class Statements {
 public:
  // What there is to be said of an object now, in place of what was said of it before for this
  // cause. What is new is added to `out`.
  void set(const std::string& object, Cause cause, Reports now, Reports* out);
  void erase(const std::string& object);

  // Of how many objects there are faults.
  std::size_t at_fault() const { return at_fault_; }

 private:
  struct Said {
    Reports itself;
    Reports others;

    bool has_fault() const { return !itself.faults.empty() || !others.faults.empty(); }
    bool is_empty() const {
      return !has_fault() && itself.warnings.empty() && others.warnings.empty();
    }
  };

  std::map<std::string, Said> said_;  // by object; of those of which there is something to be said
  std::size_t at_fault_ = 0;
};

}  // namespace portico
