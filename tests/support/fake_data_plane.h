#pragma once

// A data plane of maps: what it was told to have, and answers that a test sets.

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "include/portico/data_plane.h"

namespace portico {

// apply() may be called by one thread while others read through locked copies: service_ports(),
// route_table(). Everything that a test sets, it sets before calls are made.
class FakeDataPlane : public DataPlane {
 public:
  absl::Status apply(const TableChange& change) override {
    absl::MutexLock lock(&mutex_);
    ++applied_;
    if (!next_status_.ok()) return std::exchange(next_status_, absl::OkStatus());
    for (const std::string& id : change.deleted_service_ports) service_ports_.erase(id);
    for (const ServicePort& port : change.set_service_ports) {
      service_ports_.insert_or_assign(port.id, port);
    }
    for (const IpPrefix& prefix : change.deleted_routes) routes_.erase(prefix);
    for (const Route& route : change.set_routes) routes_.insert_or_assign(route.prefix, route);
    last_change_ = change;
    return absl::OkStatus();
  }

  std::vector<EndpointCounters> endpoint_counters(const std::string& service_port_id) override {
    absl::MutexLock lock(&mutex_);
    const auto found = counters.find(service_port_id);
    return found == counters.end() ? std::vector<EndpointCounters>() : found->second;
  }

  absl::Status visit_connections(const ConnectionFilter& filter,
                                 const std::function<bool(const ConnectionInfo&)>& visit) override {
    for (const ConnectionInfo& connection : connections) {
      if (filter.matches(connection) && !visit(connection)) break;
    }
    return absl::OkStatus();
  }

  absl::StatusOr<std::uint64_t> delete_connections(const ConnectionFilter& filter) override {
    return std::erase_if(connections, [&](const auto& c) { return filter.matches(c); });
  }

  std::vector<RouteInfo> routes() override {
    std::vector<RouteInfo> all = own_routes;
    for (const auto& [prefix, route] : route_table()) {
      all.push_back({route, route.port.value_or("down"), RouteInfo::Origin::kPushed});
    }
    return all;
  }
  std::vector<NeighborInfo> neighbors() override { return neighbor_list; }
  std::vector<PortInfo> ports() override { return port_list; }
  std::vector<WorkerCounters> worker_counters() override { return workers; }
  std::vector<WorkerCycles> worker_cycles() override { return cycles; }
  std::vector<SnatInfo> snat() override { return snat_infos; }
  std::vector<DropCount> drops() override { return drop_counts; }
  absl::StatusOr<Explanation> explain(const ExplainRequest& request) override {
    explained = request;
    return explanation;
  }

  std::map<std::string, ServicePort> service_ports() const {
    absl::MutexLock lock(&mutex_);
    return service_ports_;
  }
  std::map<IpPrefix, Route> route_table() const {
    absl::MutexLock lock(&mutex_);
    return routes_;
  }
  TableChange last_change() const {
    absl::MutexLock lock(&mutex_);
    return last_change_;
  }
  int applied() const {
    absl::MutexLock lock(&mutex_);
    return applied_;
  }
  // The next apply() fails with it.
  void fail_next(absl::Status status) {
    absl::MutexLock lock(&mutex_);
    next_status_ = std::move(status);
  }

  std::map<std::string, std::vector<EndpointCounters>> counters;
  std::vector<ConnectionInfo> connections;
  std::vector<RouteInfo> own_routes;
  std::vector<NeighborInfo> neighbor_list;
  std::vector<PortInfo> port_list;
  std::vector<WorkerCounters> workers;
  std::vector<WorkerCycles> cycles;
  std::vector<SnatInfo> snat_infos;
  std::vector<DropCount> drop_counts;
  ExplainRequest explained;
  absl::StatusOr<Explanation> explanation = Explanation();

 private:
  mutable absl::Mutex mutex_;
  absl::Status next_status_;
  std::map<std::string, ServicePort> service_ports_;
  std::map<IpPrefix, Route> routes_;
  TableChange last_change_;
  int applied_ = 0;
};

}  // namespace portico
