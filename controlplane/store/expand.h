#pragma once

// From objects to what the data plane has in its tables.

#include <vector>

#include "controlplane/store/object_set.h"
#include "include/portico/gateway_config.h"
#include "include/portico/tables.h"

namespace portico::store {

// Whether the Service is reached in a family: by an address of its own; or, if it has node ports
// and no other addresses, by a node-port address, unless its source ranges are all of the other
// family. A Service of one family has its node ports in that one, as with kube-proxy.
bool has_family(const Service& service, Family family, const NodePortConfig& node_ports);

// One ServicePort for each port in each family that the Service has: first those of IPv4 in the
// order of its ports, then those of IPv6; none for a port that nobody reaches, because it has no
// node port and the Service nothing else. The endpoints of each are sorted by address, port and
// name, so that the same objects give the same tables whatever the order in which they came, and
// Maglev the same choice on every gateway. Requires objects in which validate() found no fault.
std::vector<ServicePort> expand(const Service& service, const Endpoints& endpoints,
                                const NodePortConfig& node_ports);

// Requires a route in which validate() found no fault.
portico::Route expand(const Route& route);

}  // namespace portico::store
