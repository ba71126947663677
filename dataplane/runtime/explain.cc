#include "dataplane/runtime/explain.h"

#include "absl/strings/str_cat.h"
#include "dataplane/net/ip.h"
#include "dataplane/runtime/narrator.h"
#include "dataplane/runtime/probe.h"
#include "include/portico/quote.h"

namespace portico {
namespace {

constexpr std::uint32_t kScratchConnections = 64;

// What a worker's stages look at, with connections and usage of its own.
class Scratch {
 public:
  Scratch(SharedTables& shared, Worker& worker, std::uint16_t workers, const GatewayConfig& config)
      : v4_(kScratchConnections, timeout_ticks(config.timeouts), -1),
        v6_(kScratchConnections, timeout_ticks(config.timeouts), -1),
        usage_(shared.endpoints, config.capacity.endpoints),
        kernel_(shared.ports),
        new_connections_(config.connections),
        context_{Instant(),
                 worker.id(),
                 workers,
                 workers,  // the seat behind the workers'
                 shared.ports,
                 kernel_,
                 shared.endpoints,
                 usage_,
                 shared.load,
                 affinity_,
                 shared.neighbors,
                 new_connections_,
                 {shared.v4.services, shared.v4.masquerade, shared.v4.locals, shared.v4.routes,
                  worker.tables<Ipv4Address>().snat, snat_usage_, v4_, sequences_},
                 {shared.v6.services, shared.v6.masquerade, shared.v6.locals, shared.v6.routes,
                  worker.tables<Ipv6Address>().snat, snat_usage_, v6_, sequences_},
                 Random(0),
                 RateLimit(1, 1),
                 RateLimit(1, 1),
                 config.connections.reject} {}

  StageContext& context() { return context_; }

  // The worker's record of the connection that has `tuple`, its time, its random numbers, and where
  // the client's last connection went.
  template <typename Address>
  void copy_from(SharedTables& shared, Worker& worker, const Tuple<Address>& tuple) {
    const ServiceEntry<Address>* service = shared.family<Address>().services.find(
        {tuple.destination, tuple.destination_port, tuple.protocol});
    const bool is_sticky = service != nullptr && service->port->client_affinity.has_value();
    const AffinityKey key = AffinityKey::of(tuple.source, is_sticky ? service->port->number : 0);
    EndpointRef last;
    Connection<Address> record;
    bool found = false;
    worker.mailbox().call([&] {
      context_.now = worker.now();
      context_.random = worker.context().random;
      const auto& connections = worker.tables<Address>().connections;
      const ConnectionRef ref = connections.find(tuple);
      found = ref.found();
      if (found) record = connections[ref];
      if (!is_sticky) return;
      const AffinityTable::Hold hold(shared.affinity, key);
      last = hold.endpoint(context_.now, *service->port->client_affinity);
    });
    if (last != EndpointRef{}) AffinityTable::Hold(affinity_, key).remember(last, context_.now);
    if (found) context_.tables<Address>().connections.insert(record);
  }

 private:
  ConnectionTable<Ipv4Address> v4_;
  ConnectionTable<Ipv6Address> v6_;
  EndpointUsage usage_;
  KernelGate kernel_;
  NewConnections new_connections_;
  AffinityTable affinity_{1};
  SnatUsage snat_usage_;
  TcpSequences sequences_{0};
  StageContext context_;
};

template <typename Address>
void tell_where_it_ends(const Packet& packet, const PortTable& ports, Explanation& explanation) {
  switch (packet.verdict.kind()) {
    case Verdict::Kind::kDrop:
      explanation.verdict = "drop";
      explanation.drop_reason = packet.verdict.drop_reason();
      return;
    case Verdict::Kind::kRefuse:
      explanation.verdict = "refuse";
      explanation.drop_reason = packet.verdict.refusal();
      break;
    case Verdict::Kind::kPunt:
      explanation.verdict = "punt";
      if (packet.verdict.punt_reason() == PuntReason::kForKernel) return;
      break;
    default:
      explanation.verdict = "forward";
      break;
  }
  explanation.out_port = ports[packet.verdict.out_port().value].name;
  explanation.source = source_of<Address>(packet);
  explanation.destination = destination_of<Address>(packet);
  if (packet.protocol != Ip<Address>::kIcmp) {
    const auto& l4 = header_at<UdpHeader>(packet.l4());
    explanation.source_port = l4.source_port.load();
    explanation.destination_port = l4.destination_port.load();
  }
}

}  // namespace

absl::StatusOr<const Port*> Explainer::port_of(const ExplainRequest& request) const {
  for (const Port& port : shared_.ports) {
    if (request.in_port.empty() ? port.uplink : port.name == request.in_port) return &port;
  }
  return absl::InvalidArgumentError(absl::StrCat("there is no port ", quote(request.in_port)));
}

absl::StatusOr<Explanation> Explainer::explain(const ExplainRequest& request) {
  const absl::StatusOr<const Port*> port = port_of(request);
  if (!port.ok()) return port.status();
  if (request.source.family() != request.destination.family()) {
    return absl::InvalidArgumentError(
        absl::StrCat("source ", request.source.to_string(), " and destination ",
                     request.destination.to_string(), " are of different families"));
  }
  return request.source.is_v4() ? explain_in_family<Ipv4Address>(request, **port)
                                : explain_in_family<Ipv6Address>(request, **port);
}

template <typename Address>
Explanation Explainer::explain_in_family(const ExplainRequest& request, const Port& port) {
  const auto worker_count = static_cast<std::uint16_t>(workers_.size());
  Probe probe(request, port);
  Burst burst;
  const auto arrive = [&] {
    burst.packets[0] = probe.packet();
    burst.count = 1;
  };
  // Which worker would it end up with? The first one finds out, as any would.
  WorkerId owner{0};
  {
    Scratch scratch(shared_, *workers_[0], worker_count, config_);
    arrive();
    run_pipeline(burst, scratch.context(), [&](Stage) {
      const Verdict verdict = burst.packets[0].verdict;
      if (verdict.kind() == Verdict::Kind::kHandOver) owner = verdict.owner();
    });
  }
  Worker& worker = *workers_[owner.value];
  Scratch scratch(shared_, worker, worker_count, config_);
  scratch.copy_from<Address>(shared_, worker,
                             {request.source.as<Address>(), request.destination.as<Address>(),
                              request.source_port, request.destination_port, request.protocol});
  arrive();
  Narrator<Address> narrator(burst.packets[0], scratch.context(), config_.timeouts);
  run_pipeline(burst, scratch.context(), [&](Stage stage) { narrator.after(stage); });

  Explanation explanation;
  explanation.worker = owner;
  explanation.steps = std::move(narrator).steps();
  tell_where_it_ends<Address>(burst.packets[0], shared_.ports, explanation);
  return explanation;
}

}  // namespace portico
