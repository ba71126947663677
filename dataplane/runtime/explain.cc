#include "dataplane/runtime/explain.h"

#include "absl/strings/str_cat.h"
#include "dataplane/net/ip.h"
#include "dataplane/runtime/narrator.h"
#include "dataplane/runtime/packet_text.h"
#include "dataplane/runtime/probe.h"
#include "dataplane/runtime/scratch.h"
#include "include/portico/quote.h"

namespace portico {
namespace {

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
  if (packet.quote.is_known()) {
    const Tuple<Address> quoted = quoted_tuple<Address>(packet);
    explanation.quoted = {quoted.source, quoted.destination, quoted.source_port,
                          quoted.destination_port};
  } else if (packet.protocol != Ip<Address>::kIcmp) {
    const auto& l4 = header_at<UdpHeader>(packet.l4());
    explanation.source_port = l4.source_port.load();
    explanation.destination_port = l4.destination_port.load();
  }
}

// What its connection is found by: an ICMP error goes against the packet that it quotes.
template <typename Address>
Tuple<Address> tuple_of(const ExplainRequest& request) {
  const auto source = request.source.as<Address>();
  const auto destination = request.destination.as<Address>();
  if (request.error) {
    return {destination, source, request.destination_port, request.source_port, request.protocol};
  }
  return {source, destination, request.source_port, request.destination_port, request.protocol};
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
  if (request.error && request.error->sender.family() != request.source.family()) {
    return absl::InvalidArgumentError(
        absl::StrCat("the ICMP error's sender ", request.error->sender.to_string(),
                     " and the quoted packet's source ", request.source.to_string(),
                     " are of different families"));
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
    Scratch scratch(shared_, *workers_[0], worker_count, config_, OwnerView<Address>());
    arrive();
    run_pipeline(burst, scratch.context(), [&](Stage) {
      const Verdict verdict = burst.packets[0].verdict;
      if (verdict.kind() == Verdict::Kind::kHandOver) owner = verdict.owner();
    });
  }
  Worker& worker = *workers_[owner.value];
  Scratch scratch(shared_, worker, worker_count, config_,
                  look_at_owner(shared_, worker, tuple_of<Address>(request)));
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
