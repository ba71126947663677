#include "tests/property/dataplane/service_model.h"

#include <algorithm>

#include "dataplane/state/ticks.h"

namespace portico {
namespace {

using State = ConnectionState;

Socket socket_of(const Endpoint& endpoint) {
  return {endpoint.address, endpoint.port.host()};
}

bool has(const ServicePort& port, const Socket& socket, const std::string& identity) {
  return std::any_of(port.endpoints.begin(), port.endpoints.end(), [&](const Endpoint& endpoint) {
    return socket_of(endpoint) == socket && endpoint.identity == identity;
  });
}

const Frontend* frontend_at(const ServicePort& port, const Socket& socket) {
  for (const Frontend& frontend : port.frontends) {
    if (frontend.address == socket.address && frontend.port.host() == socket.port) return &frontend;
  }
  return nullptr;
}

// RFC 9293 section 3.10.7.1: an RST is answered by nothing.
Expectation refusal(DropReason reason, Protocol protocol, Signal signal) {
  const bool is_silent = protocol == Protocol::kTcp && signal == Signal::kReset;
  const auto kind = is_silent ? Expectation::Kind::kDrop : Expectation::Kind::kRefuse;
  return {.kind = kind, .reason = reason, .source = {}, .destination = {}, .choices = {}};
}

Expectation drop(DropReason reason) {
  return {.kind = Expectation::Kind::kDrop,
          .reason = reason,
          .source = {},
          .destination = {},
          .choices = {}};
}

Expectation forward(const Socket& source, const Socket& destination) {
  return {.kind = Expectation::Kind::kForward,
          .source = source,
          .destination = destination,
          .choices = {}};
}

}  // namespace

// Connections keep their way as long as their endpoint is one of the Service port's, whatever else
// changes; an endpoint that comes back is another one, even in the same place.
void ServiceModel::set(const ServicePort& port) {
  ports_[port.id] = port;
  for (const Frontend& frontend : port.frontends) served_.insert(frontend.address);
  for (Connection& connection : connections_) {
    if (connection.service_port != port.id) continue;
    connection.orphan |= !has(port, connection.endpoint, connection.identity);
  }
  end_orphans();
  std::erase_if(affinities_, [&](const auto& entry) {
    const auto& [key, affinity] = entry;
    return key.first == port.id && !has(port, affinity.endpoint, affinity.identity);
  });
}

void ServiceModel::erase(const std::string& id) {
  ports_.erase(id);
  for (Connection& connection : connections_) connection.orphan |= connection.service_port == id;
  end_orphans();
  std::erase_if(affinities_, [&](const auto& entry) { return entry.first.first == id; });
}

// A datagram to a socket that is gone is lost for good; a TCP connection may live on.
void ServiceModel::end_orphans() {
  if (protocol_ != Protocol::kUdp) return;
  std::erase_if(connections_, [](const Connection& connection) { return connection.orphan; });
}

bool ServiceModel::pass(Duration duration) {
  now_ += duration;
  std::erase_if(connections_,
                [&](const Connection& connection) { return deadline(connection) + kSlack < now_; });
  return std::none_of(connections_.begin(), connections_.end(), [&](const Connection& connection) {
    return deadline(connection) - kSlack < now_;
  });
}

Duration ServiceModel::deadline(const Connection& connection) const {
  const TimeoutTicks ticks = timeout_ticks(config_.timeouts);
  return connection.last_seen + kTick * ticks[static_cast<std::size_t>(connection.state)];
}

namespace {

// RFC 9293 section 3.3.2, as far as one in the middle sees it. Which end has closed first matters:
// only the other end's packets answer.
State next_tcp(State state, bool from_client, Signal signal) {
  const auto is = [state](std::initializer_list<State> states) {
    return std::find(states.begin(), states.end(), state) != states.end();
  };
  switch (signal) {
    case Signal::kReset: {
      const bool opening =
          is({State::kSynSent, State::kSynReceived, State::kReset, State::kMidstream});
      return from_client && !opening ? State::kClose : State::kReset;
    }
    case Signal::kOpen:  // of clients alone
      return is({State::kMidstream}) ? State::kSynSent : state;
    case Signal::kOpenAnswer:  // of endpoints alone
      return is({State::kSynSent, State::kClose, State::kReset, State::kMidstream})
                 ? State::kSynReceived
                 : state;
    case Signal::kData:
      if (!from_client && is({State::kFinWait})) return State::kCloseWait;
      if (from_client && is({State::kEndpointFinWait})) return State::kEndpointCloseWait;
      if (is({State::kLastAck})) return State::kTimeWait;
      if (is({State::kClose})) return State::kEstablished;  // the RST was not believed
      if (from_client && is({State::kSynReceived})) return State::kEstablished;
      if (from_client && is({State::kReset})) return State::kMidstream;
      if (!from_client && is({State::kMidstream})) return State::kEstablished;
      return state;
    case Signal::kClose: {
      const bool opened = is({State::kSynReceived, State::kEstablished});
      if (from_client) {
        if (is({State::kEndpointFinWait, State::kEndpointCloseWait})) return State::kLastAck;
        return opened ? State::kFinWait : state;
      }
      if (is({State::kFinWait, State::kCloseWait})) return State::kLastAck;
      return opened || is({State::kMidstream}) ? State::kEndpointFinWait : state;
    }
  }
  return state;
}

// RFC 9260 section 4, likewise.
State next_sctp(State state, bool from_client, Signal signal) {
  const bool is_over = state == State::kSctpClosed;
  const bool shuts_down =
      state == State::kSctpShutdownSent || state == State::kSctpShutdownReceived;
  switch (signal) {
    case Signal::kReset:
      return State::kSctpClosed;
    case Signal::kOpen:  // the endpoint has to agree
      return state;
    case Signal::kOpenAnswer:
      return is_over ? State::kSctpCookieWait : state;
    case Signal::kData:
      if (from_client) return state == State::kSctpCookieWait ? State::kSctpCookieEchoed : state;
      return is_over || shuts_down || state == State::kSctpCookieEchoed ? State::kSctpEstablished
                                                                        : state;
    case Signal::kClose:
      if (state != State::kSctpEstablished) return state;
      return from_client ? State::kSctpShutdownSent : State::kSctpShutdownReceived;
  }
  return state;
}

State next(Protocol protocol, State state, bool from_client, Signal signal) {
  switch (protocol) {
    case Protocol::kTcp:
      return next_tcp(state, from_client, signal);
    case Protocol::kSctp:
      return next_sctp(state, from_client, signal);
    default:
      return state;  // see step()
  }
}

State first_state(Protocol protocol) {
  if (protocol == Protocol::kTcp) return State::kSynSent;
  return protocol == Protocol::kSctp ? State::kSctpCookieWait : State::kUdpUnreplied;
}

// Nobody has answered the client, or the answer was a reset.
bool is_waiting(State state) {
  constexpr State kWaiting[] = {State::kSynSent,        State::kSynReceived,
                                State::kReset,          State::kMidstream,
                                State::kSctpCookieWait, State::kSctpCookieEchoed,
                                State::kSctpClosed,     State::kSctpHeartbeatSent};
  return std::find(std::begin(kWaiting), std::end(kWaiting), state) != std::end(kWaiting);
}

}  // namespace

// What only the client has said, again and again, does not keep a connection that nobody answers.
void ServiceModel::step(Connection& connection, bool from_client, Signal signal) const {
  State state = next(protocol_, connection.state, from_client, signal);
  if (protocol_ == Protocol::kUdp && state != State::kUdpStream) {
    // An answer; and who goes on after two seconds has more than a query.
    if (!from_client) state = State::kUdpReplied;
    const bool goes_on = from_client && now_ - connection.began >= std::chrono::seconds(2);
    if (state == State::kUdpReplied && goes_on) state = State::kUdpStream;
  }
  if (state != connection.state || !is_waiting(state)) connection.last_seen = now_;
  connection.state = state;
}

ServiceModel::Connection* ServiceModel::find_original(const Socket& client, const Socket& service) {
  for (Connection& connection : connections_) {
    if (connection.client == client && connection.service == service) return &connection;
  }
  return nullptr;
}

// Whether this packet of the client's ends the connection, to begin another one: its endpoint is
// gone, or it has come to its end (RFC 9293 section 3.6.1).
bool ServiceModel::is_over(const Connection& connection, Signal signal) const {
  return protocol_ != Protocol::kUdp && signal == Signal::kOpen &&
         (connection.orphan || connection.state == State::kTimeWait);
}

Expectation ServiceModel::from_client(const Socket& client, const Socket& service, Signal signal) {
  if (Connection* known = find_original(client, service); known != nullptr) {
    if (!is_over(*known, signal)) {
      step(*known, true, signal);
      return forward(known->source, known->endpoint);
    }
    connections_.erase(connections_.begin() + (known - connections_.data()));
  }
  bool is_service_address = false;
  for (const auto& [id, port] : ports_) {
    for (const Frontend& frontend : port.frontends) {
      is_service_address |= frontend.address == service.address;
    }
    const Frontend* frontend = frontend_at(port, service);
    if (frontend == nullptr) continue;
    if (protocol_ == Protocol::kUdp || signal == Signal::kOpen) {
      return open(client, port, *frontend, signal);
    }
    if (!may_ask(*frontend, client.address)) return drop(DropReason::source_range_denied);
    const bool is_answered =
        protocol_ == Protocol::kTcp && (signal == Signal::kData || signal == Signal::kClose);
    return is_answered ? refusal(DropReason::connection_unknown, protocol_, signal)
                       : drop(DropReason::connection_unknown);
  }
  if (is_service_address) return refusal(DropReason::service_port_unknown, protocol_, signal);
  return drop(served_.contains(service.address) ? DropReason::connection_unknown
                                                : DropReason::not_for_gateway);
}

bool ServiceModel::may_ask(const Frontend& frontend, const IpAddress& client) {
  const auto& ranges = frontend.source_ranges;
  return ranges.empty() || std::any_of(ranges.begin(), ranges.end(), [&](const IpPrefix& range) {
           return range.contains(client);
         });
}

Expectation ServiceModel::open(const Socket& client, const ServicePort& port,
                               const Frontend& frontend, Signal signal) {
  if (!may_ask(frontend, client.address)) return drop(DropReason::source_range_denied);

  const bool local =
      frontend.policy == TrafficPolicy::kLocal && !is_pod_traffic(frontend, client.address);
  std::vector<const Endpoint*> serving;
  for (const Endpoint& endpoint : port.endpoints) {
    if (endpoint.weight == 0) continue;
    if (local ? endpoint.accepts_new_local : endpoint.accepts_new) serving.push_back(&endpoint);
  }
  if (serving.empty()) {
    return local && any_serves(port)
               ? drop(DropReason::no_local_endpoint)
               : refusal(DropReason::service_has_no_endpoint, protocol_, signal);
  }
  Expectation expectation{
      .kind = Expectation::Kind::kOpen, .source = {}, .destination = {}, .choices = {}};
  for (const Endpoint* endpoint : serving) {
    if (!at_limit(port, *endpoint)) expectation.choices.insert(socket_of(*endpoint));
  }
  if (expectation.choices.empty())
    return refusal(DropReason::endpoint_limit_reached, protocol_, signal);
  if (port.client_affinity) {
    const auto at = affinities_.find({port.id, client.address});
    if (at != affinities_.end() && now_ <= at->second.last_used + *port.client_affinity &&
        expectation.choices.contains(at->second.endpoint)) {
      expectation.choices = {at->second.endpoint};
    }
  }
  expectation.keeps_source = keeps_source(frontend, client.address);
  return expectation;
}

bool ServiceModel::any_serves(const ServicePort& port) {
  return std::any_of(port.endpoints.begin(), port.endpoints.end(), [](const Endpoint& endpoint) {
    return endpoint.accepts_new && endpoint.weight > 0;
  });
}

bool ServiceModel::at_limit(const ServicePort& port, const Endpoint& endpoint) const {
  if (endpoint.max_connections == 0) return false;
  const auto open =
      std::count_if(connections_.begin(), connections_.end(), [&](const Connection& connection) {
        return connection.service_port == port.id && !connection.orphan &&
               connection.endpoint == socket_of(endpoint) &&
               connection.identity == endpoint.identity;
      });
  return static_cast<std::uint64_t>(open) >= endpoint.max_connections;
}

bool ServiceModel::in_cluster(const IpAddress& client) const {
  return std::any_of(config_.snat.cluster_cidrs.begin(), config_.snat.cluster_cidrs.end(),
                     [&](const IpPrefix& cidr) { return cidr.contains(client); });
}

// kube-proxy: what a Pod sends to an external address under the Local policy is not external, and
// is served by the whole cluster, which sees the Pod's address.
bool ServiceModel::is_pod_traffic(const Frontend& frontend, const IpAddress& client) const {
  return frontend.kind != FrontendKind::kClusterIp && frontend.policy == TrafficPolicy::kLocal &&
         in_cluster(client);
}

// An endpoint that reaches itself is masqueraded in any case: opened() checks it.
bool ServiceModel::keeps_source(const Frontend& frontend, const IpAddress& client) const {
  if (config_.snat.masquerade_all) return false;
  if (is_pod_traffic(frontend, client)) return true;
  switch (frontend.source_address) {
    case SourceAddress::kMasquerade:
      return false;
    case SourceAddress::kPreserve:
      return true;
    case SourceAddress::kMasqueradeOffCluster:
      return in_cluster(client);
  }
  return false;
}

void ServiceModel::opened(const Socket& client, const Socket& service, const Socket& endpoint,
                          const Socket& source) {
  for (const auto& [id, port] : ports_) {
    if (frontend_at(port, service) == nullptr) continue;
    std::string identity;
    for (const Endpoint& candidate : port.endpoints) {
      if (socket_of(candidate) == endpoint) identity = candidate.identity;
    }
    connections_.push_back({.client = client,
                            .service = service,
                            .endpoint = endpoint,
                            .source = source,
                            .service_port = id,
                            .identity = identity,
                            .state = first_state(protocol_),
                            .last_seen = now_,
                            .began = now_});
    if (port.client_affinity) affinities_[{id, client.address}] = {endpoint, identity, now_};
  }
}

Expectation ServiceModel::from_endpoint(const Socket& endpoint, const Socket& source,
                                        Signal signal) {
  for (Connection& connection : connections_) {
    if (connection.endpoint != endpoint || connection.source != source) continue;
    step(connection, false, signal);
    return forward(connection.service, connection.client);
  }
  return drop(source.address == masquerade_ ? DropReason::connection_unknown
                                            : DropReason::not_for_gateway);
}

}  // namespace portico
