#pragma once

#include "controlplane/store/object_set.h"
#include "controlplane/store/validate.h"
#include "include/portico/tables.h"

namespace portico::store {

// What `change` means for tables that hold what `present` expands to. Expands those Services alone
// that change, or of which an endpoint does; what comes out as it was is not in the result.
// Requires that validate() found no fault.
TableChange diff(const ObjectSet& present, const ObjectChange& change,
                 const NodePortConfig& node_ports, Work& work);

}  // namespace portico::store
