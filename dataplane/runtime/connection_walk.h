#pragma once

#include <functional>

#include "dataplane/runtime/table_writer.h"
#include "dataplane/runtime/worker.h"
#include "include/portico/data_plane.h"

namespace portico {

// Tells which Service port an endpoint belongs to; see TableWriter::service_port_of().
using Namer = std::function<std::string(EndpointRef)>;

// Calls `visit(info, tuple)` for each connection of `worker` in one family, a bounded piece of the
// table at a time: the worker copies records, all else happens here. False when `visit` returned
// false.
template <typename Address>
bool walk_connections(
    Worker& worker, const Namer& name,
    const std::function<bool(const ConnectionInfo&, const Tuple<Address>&)>& visit);

// Ends the connections with these original tuples that are still there; returns how many.
template <typename Address>
std::uint64_t end_connections(Worker& worker, const std::vector<Tuple<Address>>& tuples);

}  // namespace portico
