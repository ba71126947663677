#pragma once

// Between the API's messages and our types. Nothing here judges: what a message says is carried
// over as it is, and the store says what is wrong with it.

#include "absl/status/statusor.h"
#include "controlplane/store/objects.h"
#include "include/portico/data_plane.h"
#include "proto/portico/v1/gateway.pb.h"
#include "proto/portico/v1/objects.pb.h"

namespace portico {

store::Service from_proto(const v1::Service& message);
store::Endpoint from_proto(const v1::Endpoint& message);
store::Route from_proto(const v1::Route& message);

v1::Service to_proto(const store::Service& service);
v1::Endpoint to_proto(const store::Endpoint& endpoint);
v1::Route to_proto(const store::Route& route);

// Absent: PROTOCOL_UNSPECIFIED, or a number that this gateway does not know.
std::optional<Protocol> from_proto(v1::Protocol protocol);
// PROTOCOL_UNSPECIFIED for what the API has no name for.
v1::Protocol to_proto(Protocol protocol);

google::protobuf::Duration to_proto(Duration duration);

v1::Connection to_proto(const ConnectionInfo& connection);
v1::RouteView to_proto(const RouteInfo& route);
v1::Neighbor to_proto(const NeighborInfo& neighbor);
v1::Port to_proto(const PortInfo& port);
v1::WorkerCounters to_proto(const WorkerCounters& counters);
v1::SnatCounters to_proto(const SnatInfo& snat);
v1::WorkerCycles to_proto(const WorkerCycles& cycles);
v1::Drop to_proto(const DropCount& drop);
v1::ExplainResponse to_proto(const Explanation& explanation);

}  // namespace portico
