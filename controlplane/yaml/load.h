#pragma once

// YAML text -> tree. The only place that calls yaml-cpp; its exceptions end here.

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "controlplane/yaml/faults.h"
#include "controlplane/yaml/node.h"

namespace portico {

// What a stream may cost. A file beyond one of them is refused, with the limit named.
struct YamlLimits {
  std::size_t bytes = std::size_t{64} << 20;
  // Over all documents, each alias counted as what it stands for ("billion laughs").
  std::size_t nodes = 4'000'000;
  int depth = 64;  // of lists and mappings in each other, aliases expanded
};

// Reads a stream of any number of documents (`---` between them). Lines count through the whole
// stream. Documents that hold nothing, as between two `---`, are left out.
//
// When `faults` grew, the documents before the faulty one are still there. Faults found: syntax, a
// key twice in one mapping, a key that is no scalar, a merge key (`<<`, which is not in YAML 1.2
// and would otherwise be silently without effect), an alias within its own anchor, bytes that are
// no UTF-8, and the limits.
YamlDocuments load_yaml(absl::string_view text, const YamlLimits& limits, Faults* faults);

// The whole of a regular file. NotFound or PermissionDenied as the system says, FailedPrecondition
// for a directory or device, ResourceExhausted beyond `max_bytes`; each names the path.
absl::StatusOr<std::string> read_text_file(const std::string& path, std::size_t max_bytes);

}  // namespace portico
