#pragma once

#include "dataplane/state/prefix_set.h"

namespace portico {

// What the gateway's configuration says about source addresses, beside each frontend's own word.
template <typename Address>
struct MasqueradeRules {
  PrefixSet<Address> cluster;  // SnatConfig::cluster_cidrs
  bool all = false;            // SnatConfig::masquerade_all
};

}  // namespace portico
