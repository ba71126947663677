#include "dataplane/runtime/worker.h"

#include <algorithm>

#include "dataplane/runtime/gather.h"
#include "dataplane/stage/pipeline.h"

namespace portico {

Worker::Worker(WorkerId id, std::uint16_t workers, const GatewayConfig& config,
               SharedTables& shared, Exits exits, std::vector<OutboxRing*> outboxes, int socket,
               std::uint64_t seed)
    : id_(id),
      v4_(config, id, workers, socket),
      v6_(config, id, workers, socket),
      usage_(shared.endpoints, config.capacity.endpoints),
      new_connections_(config.connections),
      fragmenter_(exits.io, id, workers, ~seed),
      exits_{exits.io, exits.slow_path, exits.workers, &fragmenter_, exits.kernel},
      outboxes_(std::move(outboxes)),
      context_{.now = Instant(),
               .self = id,
               .workers = workers,
               .seat = id.value,
               .ports = shared.ports,
               .kernel = shared.kernel,
               .endpoints = shared.endpoints,
               .usage = usage_,
               .load = shared.load,
               .affinity = shared.affinity,
               .neighbors = shared.neighbors,
               .new_connections = new_connections_,
               .v4 = {shared.v4.services, shared.v4.masquerade, shared.v4.locals, shared.v4.routes,
                      v4_.snat, v4_.snat_usage, v4_.connections, v4_.sequences},
               .v6 = {shared.v6.services, shared.v6.masquerade, shared.v6.locals, shared.v6.routes,
                      v6_.snat, v6_.snat_usage, v6_.connections, v6_.sequences},
               .random = Random(seed),
               .answers = AnswerLimits(seed),
               .reject = config.connections.reject},
      ends_(config.connections, context_, exits_, counts_) {
  shared.load.add(usage_);
}

bool Worker::poll(Instant now) noexcept {
  context_.now = now;
  context_.no_orphans = ends_.no_orphans();
  context_.v4.read_way_epoch(context_.neighbors);
  context_.v6.read_way_epoch(context_.neighbors);
  bool busy = take_handed_over();
  busy |= receive();
  for (OutboxRing* outbox : outboxes_) busy |= send_outbox(*outbox);
  mailbox_.serve();
  busy |= ends_.round();
  expire_fragments(id_, now, exits_.io, counts_);
  counts_.polls.add(1);
  if (!busy) counts_.empty_polls.add(1);
  return busy;
}

bool Worker::receive() noexcept {
  received_ = 0;
  for (std::uint16_t port = 0; port < exits_.io.port_count(); ++port) {
    cycles_.begin();
    exits_.io.receive(id_, {port}, burst_);
    if (burst_.count == 0) continue;
    ++received_;
    process();
  }
  return received_ > 0;
}

bool Worker::take_handed_over() noexcept {
  HandOverRing& ring = hand_over_ring();
  bool busy = false;
  const std::size_t most = kTakenForEach * std::max<std::size_t>(received_, 1);
  for (std::size_t bursts = 0; bursts < most && !ring.empty(); ++bursts) {
    std::array<void*, kBurstSize> handles;
    cycles_.begin();
    const std::size_t count = ring.pop(handles.data(), handles.size());
    exits_.io.open_all(handles.data(), count, burst_);
    for (Packet& packet : burst_) packet.from_hand_over = true;
    process();
    busy = true;
  }
  return busy;
}

bool Worker::send_outbox(OutboxRing& outbox) noexcept {
  if (outbox.empty()) return false;
  std::array<OutgoingPacket, kBurstSize> outgoing;
  burst_.count = outbox.pop(outgoing.data(), outgoing.size());
  for (std::size_t i = 0; i < burst_.count; ++i) {
    exits_.io.open(outgoing[i].handle, burst_.packets[i]);
    burst_.packets[i].verdict = Verdict::forward(outgoing[i].port);
  }
  counts_.received.add(burst_.count);
  settle(burst_, id_, exits_, counts_);
  return true;
}

void Worker::process() noexcept {
  counts_.received.add(burst_.count);
  cycles_.received(burst_.count);
  const bool all_plain = run_pipeline(burst_, context_, cycles_);
  if (!all_plain) gather(burst_, id_, context_.now, exits_.io, counts_, whole_);
  settle(burst_, id_, exits_, counts_);
  cycles_.settled();
  if (!all_plain && whole_.count > 0) {
    run_pipeline(whole_, context_, cycles_);
    settle(whole_, id_, exits_, counts_);
    cycles_.settled();
  }
  cycles_.end();
}

template <typename Address>
void Worker::erase(ConnectionRef ref) noexcept {
  auto& connections = tables<Address>().connections;
  usage_.connection_closed(connections[ref].endpoint_ref);
  connections.erase(ref);
}
template void Worker::erase<Ipv4Address>(ConnectionRef) noexcept;
template void Worker::erase<Ipv6Address>(ConnectionRef) noexcept;

}  // namespace portico
