#pragma once

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "controlplane/yaml/faults.h"

namespace portico {

// Adds faults by the field's path alone; the line comes from where the field was read. What reading
// has refused already, a field or all that is in it, is not reported again: it only looks empty.
class FieldFaults {
 public:
  FieldFaults(const YamlLocations& locations, Faults* faults)
      : locations_(locations), faults_(*faults), refused_(faults->kept()) {}

  void add(absl::string_view field, absl::string_view message) {
    if (!is_refused(field)) faults_.add(locations_.find(field), field, message);
  }

  // Whether `value` is in [low, high]; a fault that says so when it is not.
  template <typename T>
  bool check_range(absl::string_view field, T value, T low, T high) {
    if (value >= low && value <= high) return true;
    add(field, absl::StrCat("must be between ", low, " and ", high, ", not ", value));
    return false;
  }

 private:
  bool is_refused(absl::string_view field) const {
    for (const Fault& fault : refused_) {
      const std::size_t size = fault.field.size();
      if (!absl::StartsWith(field, fault.field) || size == 0) continue;
      if (field.size() == size || field[size] == '.' || field[size] == '[') return true;
    }
    return false;
  }

  const YamlLocations& locations_;
  Faults& faults_;
  const std::vector<Fault> refused_;
};

// "ports[3]".
inline std::string indexed(absl::string_view field, int index) {
  return absl::StrCat(field, "[", index, "]");
}

}  // namespace portico
