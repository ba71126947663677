#include "dataplane/runtime/gateway.h"

#include <new>

#include "absl/strings/str_cat.h"
#include "dataplane/runtime/connection_walk.h"
#include "dataplane/runtime/explain.h"
#include "dataplane/state/table_memory.h"

namespace portico {
namespace {

constexpr unsigned kHandOverCapacity = 4095;

// "Masquerade as" without saying as whom: the addresses that the Pods' side knows us by.
void fill_in_snat_addresses(GatewayConfig& config) {
  if (!config.snat.addresses.empty()) return;
  for (const PortConfig& port : config.ports) {
    if (!port.downlink) continue;
    for (const InterfaceAddress& own : port.addresses) {
      if (!own.address.is_link_local()) config.snat.addresses.push_back(own.address);
    }
  }
}

EndpointCounters difference(const EndpointCounters& a, const EndpointCounters& b) {
  return {a.connections - b.connections,
          a.active_connections - b.active_connections,
          a.packets_to_endpoint - b.packets_to_endpoint,
          a.packets_from_endpoint - b.packets_from_endpoint,
          a.bytes_to_endpoint - b.bytes_to_endpoint,
          a.bytes_from_endpoint - b.bytes_from_endpoint};
}

}  // namespace

std::size_t Gateway::table_bytes(const GatewayConfig& config, std::uint16_t workers) {
  // Beside the tables: the rings to each worker, to the slow path and to the kernel.
  constexpr std::size_t kRings = std::size_t{1} << 20;
  return table_memory(config.capacity, workers) + (workers + std::size_t{1}) * kRings;
}

absl::StatusOr<std::unique_ptr<Gateway>> Gateway::create(GatewayConfig config, PortTable ports,
                                                         PacketIo& io, Options options) {
  fill_in_snat_addresses(config);
  try {
    std::unique_ptr<Gateway> gateway(new Gateway(config, std::move(ports), io, options));
    if (absl::Status status = gateway->writer_.install(config); !status.ok()) return status;
    gateway->slow_path_->keep_neighbors(gateway->writer_.shared_hops());
    return gateway;
  } catch (const std::bad_alloc&) {
    return absl::ResourceExhaustedError(
        "not enough memory for the tables: reserve more hugepages, or lower the numbers under "
        "`capacity` in the configuration");
  }
}

Gateway::Gateway(const GatewayConfig& config, PortTable ports, PacketIo& io, const Options& options)
    : config_(config),
      options_(options),
      shared_(std::move(ports), config, options.workers, options.seed),
      writer_(shared_, config.capacity),
      baselines_(config.capacity.endpoints) {
  for (std::uint16_t i = 0; i < options.workers; ++i) {
    hand_over_rings_.push_back(
        std::make_unique<HandOverRing>(absl::StrCat("hand-over-", i), kHandOverCapacity, -1));
    hand_over_.push_back(hand_over_rings_.back().get());
  }
  slow_path_ = std::make_unique<SlowPath>(shared_, io);
  if (options.kernel != nullptr) {
    kernel_path_ = std::make_unique<KernelPath>(shared_, io, *options.kernel);
    slow_path_->share_answers_with(kernel_path_->ring());
  }
  const Exits exits{io, slow_path_->ring(), hand_over_, nullptr,
                    kernel_path_ == nullptr ? nullptr : &kernel_path_->ring()};
  for (std::uint16_t i = 0; i < options.workers; ++i) {
    const int socket = i < options.sockets.size() ? options.sockets[i] : -1;
    std::vector<OutboxRing*> outboxes;
    if (i == 0) outboxes.push_back(&slow_path_->outbox());
    if (i == 0 && kernel_path_ != nullptr) outboxes.push_back(&kernel_path_->outbox());
    workers_.push_back(std::make_unique<Worker>(WorkerId{i}, options.workers, config_, shared_,
                                                exits, std::move(outboxes), socket,
                                                options.seed + i));
  }
}

absl::Status Gateway::apply(const TableChange& change) {
  const std::lock_guard<std::mutex> lock(writing_);
  const absl::Status status =
      writer_.apply(change, [this](EndpointRef ref) { baselines_[ref.slot] = sum(ref.slot); });
  const bool moves_routes = !change.set_routes.empty() || !change.deleted_routes.empty();
  if (status.ok() && moves_routes) slow_path_->keep_neighbors(writer_.shared_hops());
  return status;
}

absl::Status Gateway::mirror(const KernelChange& change) {
  slow_path_->mirror(change.neighbors);
  if (change.set_routes.empty() && change.deleted_routes.empty()) return absl::OkStatus();
  const std::lock_guard<std::mutex> lock(writing_);
  return writer_.mirror(change.set_routes, change.deleted_routes);
}

EndpointCounters Gateway::sum(std::uint32_t slot) const {
  EndpointCounters total;
  for (const std::unique_ptr<Worker>& worker : workers_) {
    const EndpointCounts& counts = worker->usage()[slot];
    // Read before `opened`, so that their difference is never negative.
    const std::uint64_t closed = counts.closed.get();
    const std::uint64_t opened = counts.opened.get();
    total.connections += opened;
    total.active_connections += opened - closed;
    total.packets_to_endpoint += counts.traffic[0].packets.get();
    total.packets_from_endpoint += counts.traffic[1].packets.get();
    total.bytes_to_endpoint += counts.traffic[0].bytes.get();
    total.bytes_from_endpoint += counts.traffic[1].bytes.get();
  }
  return total;
}

std::vector<EndpointCounters> Gateway::endpoint_counters(const std::string& service_port_id) {
  const std::lock_guard<std::mutex> lock(writing_);
  std::vector<EndpointCounters> counters;
  const auto* endpoints = writer_.endpoints(service_port_id);
  if (endpoints == nullptr) return counters;
  for (const InstalledEndpoint& endpoint : *endpoints) {
    counters.push_back(difference(sum(endpoint.ref.slot), baselines_[endpoint.ref.slot]));
  }
  return counters;
}

namespace {

template <typename Address>
bool visit_family(Worker& worker, const ConnectionFilter& filter, const Namer& name,
                  const std::function<bool(const ConnectionInfo&)>& visit) {
  if (filter.family && *filter.family != Address::kFamily) return true;
  return walk_connections<Address>(worker, name, [&](const auto& info, const auto&) {
    return !filter.matches(info) || visit(info);
  });
}

template <typename Address>
std::uint64_t delete_family(Worker& worker, const ConnectionFilter& filter, const Namer& name) {
  if (filter.family && *filter.family != Address::kFamily) return 0;
  std::vector<Tuple<Address>> doomed;
  walk_connections<Address>(worker, name, [&](const auto& info, const auto& tuple) {
    if (filter.matches(info)) doomed.push_back(tuple);
    return true;
  });
  return end_connections<Address>(worker, doomed);
}

}  // namespace

absl::Status Gateway::visit_connections(const ConnectionFilter& filter,
                                        const std::function<bool(const ConnectionInfo&)>& visit) {
  const Namer name = [this](EndpointRef ref) {
    const std::lock_guard<std::mutex> lock(writing_);
    return writer_.service_port_of(ref);
  };
  for (const std::unique_ptr<Worker>& worker : workers_) {
    if (!visit_family<Ipv4Address>(*worker, filter, name, visit)) break;
    if (!visit_family<Ipv6Address>(*worker, filter, name, visit)) break;
  }
  return absl::OkStatus();
}

absl::StatusOr<std::uint64_t> Gateway::delete_connections(const ConnectionFilter& filter) {
  const Namer name = [this](EndpointRef ref) {
    const std::lock_guard<std::mutex> lock(writing_);
    return writer_.service_port_of(ref);
  };
  std::uint64_t deleted = 0;
  for (const std::unique_ptr<Worker>& worker : workers_) {
    deleted += delete_family<Ipv4Address>(*worker, filter, name);
    deleted += delete_family<Ipv6Address>(*worker, filter, name);
  }
  return deleted;
}

std::vector<RouteInfo> Gateway::routes() {
  const std::lock_guard<std::mutex> lock(writing_);
  return writer_.routes();
}

std::vector<NeighborInfo> Gateway::neighbors() {
  return slow_path_->neighbors();
}

std::vector<PortInfo> Gateway::ports() {
  std::vector<PortInfo> ports;
  for (const Port& port : shared_.ports) {
    ports.push_back(options_.describe_port(port.id));
    if (kernel_path_ == nullptr || !port.kernel) continue;
    ports.back().kernel_interface = port.kernel->name;
    ports.back().to_kernel_packets = kernel_path_->counts(port.id).to_kernel.get();
    ports.back().from_kernel_packets = kernel_path_->counts(port.id).from_kernel.get();
  }
  return ports;
}

std::vector<WorkerCounters> Gateway::worker_counters() {
  std::vector<WorkerCounters> all;
  for (const std::unique_ptr<Worker>& worker : workers_) {
    const WorkerCounts& counts = worker->counts();
    WorkerCounters counters;
    counters.worker = worker->id();
    counters.received = counts.received.get();
    counters.sent = counts.sent.get();
    counters.dropped = counts.dropped();
    counters.punted = counts.punted.get();
    counters.handed_over = counts.handed_over.get();
    counters.fragments_waiting = counts.fragments_waiting.get();
    counters.fragments_joined = counts.fragments_joined.get();
    counters.reassembled = counts.reassembled.get();
    counters.fragmented = counts.fragmented.get();
    counters.fragments_made = counts.fragments_made.get();
    const std::uint64_t closed = worker->usage().closed();
    counters.connections_made = worker->usage().opened();
    counters.connections_expired = counts.connections_expired.get();
    counters.connections_evicted = worker->usage().evicted();
    counters.connections_open = counters.connections_made - closed;
    counters.connection_capacity = 2ull * config_.capacity.connections;
    counters.polls = counts.polls.get();
    counters.empty_polls = counts.empty_polls.get();
    all.push_back(counters);
  }
  return all;
}

std::vector<WorkerCycles> Gateway::worker_cycles() {
  std::vector<WorkerCycles> all;
  for (const std::unique_ptr<Worker>& worker : workers_) {
    all.push_back(worker->cycles().read());
    all.back().worker = worker->id();
  }
  return all;
}

std::vector<SnatInfo> Gateway::snat() {
  std::vector<SnatInfo> all;
  const auto add = [&](WorkerId worker, Family family, const auto& tables) {
    if (tables.snat.empty()) return;
    SnatInfo info;
    info.worker = worker;
    info.family = family;
    for (const IpAddress& address : config_.snat.addresses) {
      if (address.family() == family) info.addresses.push_back(address);
    }
    info.candidates = tables.snat.size();
    info.connections = tables.snat_usage.connections();
    info.exhausted = tables.snat_usage.exhaustions();
    info.most_attempts = tables.snat_usage.most_attempts();
    info.fill = tables.snat_usage.fill();
    all.push_back(std::move(info));
  };
  for (const std::unique_ptr<Worker>& worker : workers_) {
    add(worker->id(), Family::kIpv4, worker->tables<Ipv4Address>());
    add(worker->id(), Family::kIpv6, worker->tables<Ipv6Address>());
  }
  return all;
}

std::vector<DropCount> Gateway::drops() {
  std::vector<DropCount> drops;
  for (std::size_t i = 0; i < kDropReasonCount; ++i) {
    DropCount count{static_cast<DropReason>(i), slow_path_->counts().drops[i].get(), 0};
    if (kernel_path_ != nullptr) count.packets += kernel_path_->counts().drops[i].get();
    for (const std::unique_ptr<Worker>& worker : workers_) {
      count.packets += worker->counts().drops[i].get();
      count.refused += worker->counts().refusals[i].get();
    }
    drops.push_back(count);
  }
  return drops;
}

absl::StatusOr<Explanation> Gateway::explain(const ExplainRequest& request) {
  const std::lock_guard<std::mutex> lock(writing_);
  return Explainer(shared_, workers_, config_).explain(request);
}

}  // namespace portico
