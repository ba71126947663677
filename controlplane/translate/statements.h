#pragma once

// What was said of each object, so that it is said once.

#include <array>
#include <cstddef>
#include <map>
#include <string>

#include "controlplane/translate/reporter.h"

namespace portico {

// Why something is said of an object: for what it is, for what others of its kind have or the
// Service is that it belongs to, or for what the Nodes are.
enum class Cause { kItself, kOthers, kNodes };

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
    std::array<Reports, 3> by_cause;

    bool has_fault() const;
    bool is_empty() const;
  };

  std::map<std::string, Said> said_;  // by object; of those of which there is something to be said
  std::size_t at_fault_ = 0;
};

}  // namespace portico
