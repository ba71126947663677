#pragma once

// The API's objects as tables for people. The order is always the same for the same objects.

#include <string>
#include <vector>

#include "controlplane/cli/table.h"
#include "proto/portico/v1/gateway.pb.h"

namespace portico::cli {

// A line each; endpoints are counted as active/all. `wide`: with more columns.
Table services_table(const std::vector<v1::ServiceView>& services, bool wide);
// A line for each socket, with its counters.
Table endpoints_table(const std::vector<v1::ServiceView>& services, bool wide);
// By Service address, then client.
Table connections_table(std::vector<v1::Connection> connections);
// By prefix.
Table routes_table(std::vector<v1::RouteView> routes);
// By port, then address.
Table neighbors_table(std::vector<v1::Neighbor> neighbors);
Table ports_table(const std::vector<v1::Port>& ports);
// The most frequent first.
Table drops_table(std::vector<v1::Drop> drops);
// A line for each worker and, where there are several, one for all of them.
Table counters_table(std::vector<v1::WorkerCounters> workers);
// By worker, then family.
Table snat_table(const std::vector<v1::SnatCounters>& snat);
// By worker: each stage's cycles a packet, and its share of the worker's time for them.
Table stages_table(const std::vector<v1::WorkerCycles>& workers);
// What each controller pushed.
Table sources_table(const v1::Status& status);
// The gateway itself: lines of "Name:  value".
std::string status_text(const v1::Status& status);

}  // namespace portico::cli
