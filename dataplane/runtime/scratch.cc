#include "dataplane/runtime/scratch.h"

namespace portico {
namespace {

constexpr std::uint32_t kConnections = 64;

// Caps with one token, to be taken at once, in place of what refuses; no others.
ConnectionsConfig caps_of(ConnectionsConfig config, std::optional<DropReason> refusal) {
  config.new_per_second = refusal == DropReason::connection_rate_limited ? 1 : 0;
  config.new_per_second_and_source = refusal == DropReason::source_rate_limited ? 1 : 0;
  return config;
}

// Fills the table with answered connections from nowhere to nowhere.
template <typename Address>
void fill(ConnectionTable<Address>& connections, Instant now) {
  Connection<Address> nobodys;
  nobodys.state = ConnectionState::kEstablished;
  nobodys.last_seen = to_ticks(now);
  for (std::uint16_t port = 1; !connections.full(); ++port) {
    nobodys.client_port = nobodys.source_port = L4Port::from_host(port);
    connections.insert(nobodys);
  }
}

}  // namespace

template <typename Address>
OwnerView<Address> look_at_owner(SharedTables& shared, Worker& worker,
                                 const Tuple<Address>& tuple) {
  OwnerView<Address> view;
  view.tuple = tuple;
  const ServiceEntry<Address>* service = shared.family<Address>().services.find(
      {tuple.destination, tuple.destination_port, tuple.protocol});
  if (service != nullptr && service->port->client_affinity) {
    view.session = AffinityKey::of(tuple.source, service->port->number);
  }
  worker.mailbox().call([&] {
    view.now = worker.now();
    view.random = worker.context().random;
    ConnectionTable<Address>& connections = worker.tables<Address>().connections;
    const ConnectionRef own = connections.find(tuple);
    if (own.found()) view.connection = connections[own];
    view.refusal = worker.context().new_connections.would_refuse(tuple.source, view.now);
    view.full = connections.full();
    if (view.full) {
      const ConnectionRef first = connections.first_to_go(
          to_ticks(view.now), [&](std::uint32_t index) { return index != own.index; });
      if (first.found()) view.first_to_go = connections[first];
    }
    if (!view.session) return;
    const AffinityTable::Hold hold(shared.affinity, *view.session);
    view.last = hold.endpoint(view.now, *service->port->client_affinity);
  });
  return view;
}

template <typename Address>
Scratch::Scratch(SharedTables& shared, Worker& worker, std::uint16_t workers,
                 const GatewayConfig& config, const OwnerView<Address>& view)
    : v4_(kConnections, timeout_ticks(config.timeouts), -1),
      v6_(kConnections, timeout_ticks(config.timeouts), -1),
      usage_(shared.endpoints, config.capacity.endpoints),
      kernel_(shared.ports),
      new_connections_(caps_of(config.connections, view.refusal)),
      context_{.now = view.now,
               .self = worker.id(),
               .workers = workers,
               .seat = workers,  // behind the workers'
               .ports = shared.ports,
               .kernel = kernel_,
               .endpoints = shared.endpoints,
               .usage = usage_,
               .load = shared.load,
               .affinity = affinity_,
               .neighbors = shared.neighbors,
               .new_connections = new_connections_,
               .v4 = {shared.v4.services, shared.v4.masquerade, shared.v4.locals, shared.v4.routes,
                      worker.tables<Ipv4Address>().snat, snat_usage_, v4_, sequences_},
               .v6 = {shared.v6.services, shared.v6.masquerade, shared.v6.locals, shared.v6.routes,
                      worker.tables<Ipv6Address>().snat, snat_usage_, v6_, sequences_},
               .random = view.random,
               .answers = AnswerLimits(0),
               .reject = config.connections.reject,
               .short_way = false} {
  if (view.refusal) new_connections_.refuse(view.tuple.source, view.now);
  if (view.last != EndpointRef{}) {
    AffinityTable::Hold(affinity_, *view.session).remember(view.last, view.now);
  }
  ConnectionTable<Address>& connections = context_.tables<Address>().connections;
  if (view.connection) connections.insert(*view.connection);
  if (!view.full) return;
  if (view.first_to_go) connections.insert(*view.first_to_go);
  fill(connections, view.now);
}

template OwnerView<Ipv4Address> look_at_owner(SharedTables&, Worker&, const Tuple<Ipv4Address>&);
template OwnerView<Ipv6Address> look_at_owner(SharedTables&, Worker&, const Tuple<Ipv6Address>&);
template Scratch::Scratch(SharedTables&, Worker&, std::uint16_t, const GatewayConfig&,
                          const OwnerView<Ipv4Address>&);
template Scratch::Scratch(SharedTables&, Worker&, std::uint16_t, const GatewayConfig&,
                          const OwnerView<Ipv6Address>&);

}  // namespace portico
