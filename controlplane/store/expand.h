#pragma once

// From objects to what the data plane has in its tables.

#include <vector>

#include "controlplane/store/object_set.h"
#include "include/portico/tables.h"

namespace portico::store {

// One ServicePort for each port in each family that the Service has an address of: first those of
// IPv4 in the order of its ports, then those of IPv6. The endpoints of each are sorted by address,
// port and name, so that the same objects give the same tables whatever the order in which they
// came, and Maglev the same choice on every gateway. Requires objects in which validate() found no
// fault.
std::vector<ServicePort> expand(const Service& service, const Endpoints& endpoints);

// Requires a route in which validate() found no fault.
portico::Route expand(const Route& route);

}  // namespace portico::store
