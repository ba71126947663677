#include "dataplane/runtime/narrator.h"

#include "absl/strings/str_cat.h"
#include "dataplane/net/ip.h"
#include "dataplane/net/sctp.h"
#include "dataplane/runtime/packet_text.h"

namespace portico {
namespace {

const char* why(SourceRule rule) {
  constexpr const char* kReasons[] = {"everybody is (snat.masquerade_all)",
                                      "a Pod that reaches itself (hairpin)",
                                      "Pod traffic for an external address",
                                      "as the Service says",
                                      "as the Service says",
                                      "the client is outside the cluster CIDRs",
                                      "the client is inside the cluster CIDRs"};
  return kReasons[static_cast<std::size_t>(rule)];
}

std::string seconds(std::uint32_t ticks) {
  return absl::StrCat(std::chrono::duration_cast<std::chrono::seconds>(kTick * ticks).count(),
                      " s");
}

}  // namespace

template <typename Address>
void Narrator<Address>::after(Stage stage) {
  if (over_) return;
  std::string decision;
  const bool dropped = packet_.verdict.kind() == Verdict::Kind::kDrop;
  const bool refused = packet_.verdict.kind() == Verdict::Kind::kRefuse;
  const bool ended = dropped || refused;
  switch (stage) {
    case Stage::kParse:
      decision = packet_.undecided() ? parsed() : "";
      break;
    case Stage::kAnswerLink:
    case Stage::kAnswerEcho:
    case Stage::kForwardEstablished:  // explain takes the long way
      break;
    case Stage::kRelateErrors:
      decision = packet_.quote.is_error ? error_related() : "";
      break;
    case Stage::kSteer:
      decision = steered();
      break;
    case Stage::kFindConnection:
      existed_ = packet_.connection.found();
      decision = connection_found();
      break;
    case Stage::kFindService:
      decision = packet_.service != nullptr ? service_found() : "";
      break;
    case Stage::kCheckTtl:
      decision = ended ? "" : "enough";
      break;
    case Stage::kPickEndpoint:
      decision = packet_.service != nullptr && !refused ? endpoint_picked() : "";
      if (!ended && !existed_) find_who_makes_room();
      break;
    case Stage::kCreateConnection:
      decision = !existed_ && !dropped ? connection_created() : "";
      before_ = addresses_text<Address>(packet_);
      if (packet_.connection.found()) state_ = connection().state;
      break;
    case Stage::kTrack:
      decision = tracked();
      break;
    case Stage::kTranslate:
      decision = translated();
      break;
    case Stage::kNextHop:
      decision = ended ? "" : next_hop_found();
      break;
  }
  const Verdict verdict = packet_.verdict;
  if (verdict.kind() == Verdict::Kind::kPunt && verdict.punt_reason() == PuntReason::kForKernel) {
    decision = absl::StrCat(decision, decision.empty() ? "" : "; ", "for the kernel, through ",
                            context_.port(verdict.out_port()).kernel->name);
  }
  if (dropped) {
    absl::StrAppend(&decision, decision.empty() ? "" : "; ", "drop, ",
                    text(to_string(packet_.verdict.drop_reason())));
  }
  if (refused) {
    absl::StrAppend(&decision, decision.empty() ? "" : "; ", "refuse, ",
                    text(to_string(packet_.verdict.refusal())), ": ", answer());
  }
  over_ = !packet_.undecided();
  if (!decision.empty()) steps_.push_back({to_string(stage), decision});
}

// What goes back to the sender of a refused packet.
template <typename Address>
std::string Narrator<Address>::answer() const {
  if (packet_.protocol == Protocol::kTcp) return "a TCP reset goes back";
  const auto& icmp = header_at<IcmpHeader>(packet_.l4());
  return absl::StrCat(text(to_string(packet_.protocol)), " type ", icmp.type, " code ", icmp.code,
                      " goes back");
}

template <typename Address>
std::string Narrator<Address>::parsed() const {
  return absl::StrCat(packet_text<Address>(packet_), ", TTL ", Ip<Address>::ttl(packet_),
                      ", at port ", context_.port(packet_.in_port).name);
}

template <typename Address>
std::string Narrator<Address>::steered() const {
  if (context_.workers == 1) return "worker 0 owns every connection";
  return absl::StrCat("the client's side hashes to worker ", context_.self.value, " of ",
                      context_.workers);
}

template <typename Address>
std::string Narrator<Address>::connection_found() const {
  if (!packet_.connection.found()) return "none known";
  // An error goes against the packet that it quotes.
  const bool quotes = packet_.quote.is_error;
  const bool to = (packet_.connection.direction == Direction::kOriginal) != quotes;
  return absl::StrCat("known, ", text(portico::to_string(connection().state)),
                      quotes ? ": it quotes a packet " : ": a packet ", to ? "to" : "from",
                      " the endpoint ",
                      portico::to_string(connection().endpoint, connection().endpoint_port));
}

template <typename Address>
std::string Narrator<Address>::error_related() const {
  if (!packet_.connection.found()) return "about a packet of no connection";
  const bool to_client = packet_.connection.direction == Direction::kReply;
  return absl::StrCat("about the connection ", addresses_text(connection().original_tuple()),
                      "; on to the ", to_client ? "client" : "endpoint", "'s side");
}

template <typename Address>
std::string Narrator<Address>::service_found() {
  constexpr const char* kKinds[] = {"ClusterIP", "external IP", "load-balancer IP", "node port"};
  std::string text = absl::StrCat(service().port->id, ", a ",
                                  kKinds[static_cast<std::size_t>(service().kind)], ", ");
  const bool local = service().policy == TrafficPolicy::kLocal;
  absl::StrAppend(&text, service().kind == FrontendKind::kClusterIp ? "internal" : "external",
                  " traffic policy ", local ? "Local" : "Cluster");
  if (!service().source_ranges.empty()) {
    const bool inside = service().source_ranges.contains(source_of<Address>(packet_));
    absl::StrAppend(&text, ", the client is ", inside ? "in" : "outside", " its source ranges");
  }
  if (const std::optional<Duration>& timeout = service().port->client_affinity) {
    const auto key = AffinityKey::of(source_of<Address>(packet_), service().port->number);
    last_ = AffinityTable::Hold(context_.affinity, key).endpoint(context_.now, *timeout);
    absl::StrAppend(&text, ", session affinity ClientIP for ",
                    std::chrono::duration_cast<std::chrono::seconds>(*timeout).count(), " s");
  }
  return text;
}

// What session affinity has to do with the choice.
template <typename Address>
std::string Narrator<Address>::by_affinity(const EndpointSet<Address>& set) const {
  if (!service().port->client_affinity) return "";
  if (last_ == EndpointRef{}) return "no session of this client is known; ";
  if (set.find(last_) == packet_.endpoint) return "the endpoint of the client's session: ";
  return "the endpoint of the client's session takes no new connections; ";
}

template <typename Address>
std::string Narrator<Address>::endpoint_picked() const {
  const bool from_cluster = is_from_cluster<Address>(packet_, context_);
  const EndpointSet<Address>& set = endpoints_for(service(), from_cluster);
  std::string text = is_pod_traffic(service(), from_cluster)
                         ? "a Pod at an external address: the Local policy does not apply to it; "
                         : "";
  if (service().policy == TrafficPolicy::kLocal && &set == service().port->local.get() &&
      set.size() != service().port->cluster->size()) {
    absl::StrAppend(&text, set.size(), " of ", service().port->cluster->size(),
                    " endpoints are local; ");
  }
  if (packet_.endpoint == nullptr) {
    if (set.empty()) return absl::StrCat(text, "no endpoint takes new connections");
    return absl::StrCat(text, "all have as many connections as they may");
  }
  const auto& endpoint = *static_cast<const ServiceEndpoint<Address>*>(packet_.endpoint);
  absl::StrAppend(&text, by_affinity(set), portico::to_string(endpoint.address, endpoint.port));
  if (last_ == endpoint.ref) return text;
  return absl::StrCat(text, ", ", set.size() == 1 ? "the only one" : how_chosen(set, endpoint));
}

template <typename Address>
std::string Narrator<Address>::how_chosen(const EndpointSet<Address>& set,
                                          const ServiceEndpoint<Address>& endpoint) const {
  switch (service().port->selection) {
    case Selection::kMaglev:
      return absl::StrCat("as Maglev's table of ", set.maglev.size(),
                          " entries says for this client");
    case Selection::kRoundRobin:
      return absl::StrCat("this time; the ", set.size(), " take turns on each worker");
    case Selection::kLeastConnections:
      return absl::StrCat("which has ",
                          context_.load.open(endpoint.ref.slot) - endpoint.open_before,
                          " open connections, the fewest for its weight among the ", set.size());
    case Selection::kRandom:
      break;
  }
  if (set.alias.empty()) {
    return absl::StrCat("this time; each of the ", set.size(), " with probability 1/", set.size());
  }
  std::uint64_t sum = 0;
  for (const ServiceEndpoint<Address>& other : set.endpoints) sum += other.weight;
  return absl::StrCat("this time; of ", set.size(), ", with probability ", endpoint.weight, "/",
                      sum);
}

template <typename Address>
std::string Narrator<Address>::connection_created() const {
  if (!packet_.connection.found()) return "";
  const std::string source = portico::to_string(connection().source, connection().source_port);
  std::string text = absl::StrCat("the endpoint sees ", source);
  if (packet_.service == nullptr) return text;
  const SourceRule rule = source_rule(service(), packet_, connection().endpoint, context_);
  absl::StrAppend(&text, masquerades(rule) ? ", masqueraded: " : ", the client's own: ", why(rule));
  if (masquerades(rule)) {
    absl::StrAppend(&text, "; the reply hashes home to worker ", context_.self.value);
  }
  return absl::StrCat(text, makes_room_);
}

// Before create_connection().
template <typename Address>
void Narrator<Address>::find_who_makes_room() {
  ConnectionTable<Address>& connections = context_.tables<Address>().connections;
  if (!connections.full()) return;
  const std::uint32_t now = to_ticks(context_.now);
  const ConnectionRef first = connections.first_to_go(now, [](std::uint32_t) { return true; });
  if (!first.found()) return;
  const Connection<Address>& connection = connections[first];
  constexpr const char* kWhich[] = {"refused connection", "unanswered connection",
                                    "connection that is over"};  // by Room
  makes_room_ = absl::StrCat("; the table is full: the oldest ",
                             kWhich[static_cast<std::size_t>(room_of(connection.state))],
                             " makes room, ", addresses_text(connection.original_tuple()), ", ",
                             text(portico::to_string(connection.state)), " for ",
                             seconds(now - connection.last_seen));
}

template <typename Address>
std::string Narrator<Address>::tracked() const {
  const ConnectionState now = connection().state;
  if (packet_.quote.is_error) {
    return absl::StrCat(text(portico::to_string(now)), " stays: errors change nothing");
  }
  const std::string timeout = absl::StrCat(
      "ends after ", seconds(timeouts_[static_cast<std::size_t>(now)]), " without a packet");
  if (!existed_ || state_ == now) return absl::StrCat(text(portico::to_string(now)), ", ", timeout);
  return absl::StrCat(text(portico::to_string(state_)), " becomes ", text(portico::to_string(now)),
                      ", ", timeout);
}

template <typename Address>
std::string Narrator<Address>::translated() const {
  const bool tells_addresses = (packet_.sctp_chunks & (kSctpInit | kSctpInitAck)) != 0;
  return absl::StrCat(before_, "  becomes  ", addresses_text<Address>(packet_),
                      tells_addresses ? "; further addresses inside the chunk stay as they are: "
                                        "multihoming does not lead through the gateway"
                                      : "");
}

template <typename Address>
std::string Narrator<Address>::next_hop_found() const {
  const Port& out = context_.port(packet_.verdict.out_port());
  const auto* hops = context_.tables<Address>().routes.find(destination_of<Address>(packet_));
  const std::string equals =
      hops == nullptr || hops->others.empty()
          ? ""
          : absl::StrCat(", of ", hops->size(), " equal next hops the one for this flow");
  const std::string hop = packet_.next_hop == IpAddress(destination_of<Address>(packet_))
                              ? "on the link"
                              : absl::StrCat("via ", packet_.next_hop.to_string(), equals);
  if (packet_.verdict.kind() == Verdict::Kind::kPunt) {
    return absl::StrCat(hop, " of port ", out.name,
                        "; waits in the slow path until the next hop's MAC address is known");
  }
  return absl::StrCat(hop, " of port ", out.name, ", to ",
                      header_at<EthernetHeader>(packet_.data).destination.to_string(), ", TTL ",
                      Ip<Address>::ttl(packet_));
}

template class Narrator<Ipv4Address>;
template class Narrator<Ipv6Address>;

}  // namespace portico
