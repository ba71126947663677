#pragma once

// A Kubernetes Node -> routes.

#include <set>
#include <string>
#include <vector>

#include "controlplane/translate/reporter.h"
#include "proto/kubernetes/core.pb.h"
#include "proto/portico/v1/objects.pb.h"

namespace portico {

// Each of the Node's Pod networks, by way of the Node's first InternalIP of the same family. A Node
// without Pod networks has none, one without an address of a network's family has a fault.
std::vector<v1::Route> translate_node(const kubernetes::Node& node, Reporter* reporter);

// The Node's InternalIPs, as they are written in the API; without those that are malformed.
std::set<std::string> internal_ips(const kubernetes::Node& node);

}  // namespace portico
