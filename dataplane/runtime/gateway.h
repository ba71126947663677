#pragma once

// The data plane as a whole: the shared tables, the workers with theirs, the slow path, and what
// the control plane may ask of them (DataPlane). It starts no thread and opens no device: main.cc
// runs its workers on lcores, a test polls them by hand with a clock of its own.

#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "dataplane/runtime/kernel_path.h"
#include "dataplane/runtime/slow_path.h"
#include "dataplane/runtime/table_writer.h"
#include "dataplane/runtime/worker.h"
#include "include/portico/data_plane.h"
#include "include/portico/kernel_change.h"

namespace portico {

class Gateway : public DataPlane {
 public:
  struct Options {
    std::uint16_t workers = 1;
    std::vector<int> sockets;  // NUMA node of each worker; empty: any
    std::uint64_t seed = 0;    // of the workers' random numbers
    // The ports' kernel interfaces; null: no port has one.
    KernelPorts* kernel = nullptr;
    // What is configured of a port, and what its device knows. Needed for ports() only.
    std::function<PortInfo(PortId)> describe_port;
  };

  // About how many bytes of DPDK's memory the tables take, with a margin.
  static std::size_t table_bytes(const GatewayConfig& config, std::uint16_t workers);

  // `ports` as io/ has opened them; `config.snat.addresses` may be empty, which means those of the
  // downlink ports. InvalidArgument for a configured route without a way out, ResourceExhausted
  // when there is not enough memory.
  static absl::StatusOr<std::unique_ptr<Gateway>> create(GatewayConfig config, PortTable ports,
                                                         PacketIo& io, Options options);

  std::uint16_t worker_count() const { return static_cast<std::uint16_t>(workers_.size()); }
  Worker& worker(WorkerId id) { return *workers_[id.value]; }
  SlowPath& slow_path() { return *slow_path_; }
  KernelPath* kernel_path() { return kernel_path_.get(); }  // null: no port has a kernel interface
  Rcu& rcu() { return shared_.rcu; }

  // What has changed in the kernel's tables. ResourceExhausted when some routes found no room.
  absl::Status mirror(const KernelChange& change);

  absl::Status apply(const TableChange& change) override;
  std::vector<EndpointCounters> endpoint_counters(const std::string& service_port_id) override;
  absl::Status visit_connections(const ConnectionFilter& filter,
                                 const std::function<bool(const ConnectionInfo&)>& visit) override;
  absl::StatusOr<std::uint64_t> delete_connections(const ConnectionFilter& filter) override;
  std::vector<RouteInfo> routes() override;
  std::vector<NeighborInfo> neighbors() override;
  std::vector<PortInfo> ports() override;
  std::vector<WorkerCounters> worker_counters() override;
  std::vector<WorkerCycles> worker_cycles() override;
  std::vector<SnatInfo> snat() override;
  std::vector<DropCount> drops() override;
  absl::StatusOr<Explanation> explain(const ExplainRequest& request) override;

 private:
  Gateway(const GatewayConfig& config, PortTable ports, PacketIo& io, const Options& options);

  EndpointCounters sum(std::uint32_t slot) const;

  GatewayConfig config_;
  Options options_;
  SharedTables shared_;
  TableWriter writer_;
  std::vector<EndpointCounters> baselines_;  // slot -> counters when its tenant moved in
  std::vector<std::unique_ptr<HandOverRing>> hand_over_rings_;
  std::vector<HandOverRing*> hand_over_;
  std::unique_ptr<SlowPath> slow_path_;
  std::unique_ptr<KernelPath> kernel_path_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::mutex writing_;  // shared_ but for the neighbors, writer_, baselines_
};

}  // namespace portico
