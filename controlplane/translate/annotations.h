#pragma once

// What a Service's annotations ask of a gateway, where Kubernetes has no field for it.

#include <cstdint>
#include <map>
#include <string>

#include "controlplane/translate/reporter.h"
#include "proto/kubernetes/meta.pb.h"
#include "proto/portico/v1/objects.pb.h"

namespace portico {

// Any other annotation under "portico.dev/" is a fault, being a slip of the pen.
inline constexpr char kSourceAddressAnnotation[] = "portico.dev/source-address";
inline constexpr char kSelectionAnnotation[] = "portico.dev/selection";
inline constexpr char kMaglevTableSizeAnnotation[] = "portico.dev/maglev-table-size";
inline constexpr char kNodeWeightsAnnotation[] = "portico.dev/node-weights";
inline constexpr char kZoneWeightsAnnotation[] = "portico.dev/zone-weights";

using Weights = std::map<std::string, std::uint32_t>;

struct Annotations {
  v1::Selection selection = v1::SELECTION_UNSPECIFIED;
  v1::SourceAddress source_address = v1::SOURCE_ADDRESS_UNSPECIFIED;
  std::uint32_t maglev_table_size = 0;
  // The weight of each endpoint on a node, and of each one in a zone whose node is not named.
  // EndpointSlices have no field for a weight; where an endpoint runs is what they do say.
  Weights node_weights;
  Weights zone_weights;
};

Annotations read_annotations(const kubernetes::ObjectMeta& metadata, Reporter* reporter);

}  // namespace portico
