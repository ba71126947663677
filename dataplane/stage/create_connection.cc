#include "dataplane/stage/create_connection.h"

#include "dataplane/net/ip.h"
#include "dataplane/net/owner_hash.h"
#include "dataplane/stage/source_rule.h"
#include "dataplane/state/transport.h"

namespace portico {
namespace {

// What translating client -> service into source -> endpoint does to the checksums, RFC 1624.
template <typename Address>
ChecksumDelta delta_of(const Connection<Address>& connection) noexcept {
  const auto replace = [](ChecksumSum& sum, const Address& before, const Address& after) {
    std::array<std::uint8_t, Address::kSize> bytes;
    before.copy_to(bytes.data());
    sum.subtract(bytes.data(), bytes.size());
    after.copy_to(bytes.data());
    sum.add(bytes.data(), bytes.size());
  };
  ChecksumSum sum;
  replace(sum, connection.client, connection.source);
  replace(sum, connection.service, connection.endpoint);
  ChecksumDelta delta;
  delta.l3 = sum.fold();
  sum.subtract_word(connection.client_port.wire());
  sum.add_word(connection.source_port.wire());
  sum.subtract_word(connection.service_port.wire());
  sum.add_word(connection.endpoint_port.wire());
  delta.l4 = sum.fold();
  return delta;
}

// Whether a connection may go although its time is not over: no packet of the burst has it.
auto may_go(const Batch& burst) noexcept {
  return [&burst](std::uint32_t index) noexcept {
    for (const Packet& packet : burst) {
      const bool goes_on = packet.undecided() || packet.may_leave();
      if (packet.connection.index == index && goes_on) return false;
    }
    return true;
  };
}

template <typename Address>
void evict(ConnectionRef ref, StageContext& context) noexcept {
  auto& connections = context.tables<Address>().connections;
  context.usage.connection_evicted(connections[ref].endpoint_ref);
  connections.erase(ref);
}

// Fills in source and source_port with the gateway's. Marks the packet when it can't.
template <typename Address>
bool masquerade(Connection<Address>& connection, Packet& packet, const Batch& burst,
                StageContext& context) noexcept {
  const auto& tables = context.tables<Address>();
  if (tables.snat.empty()) {
    packet.drop(DropReason::snat_pool_empty);
    return false;
  }
  const std::uint32_t hash = context.random.next();
  ConnectionRef first_to_go;  // of those that have what we look for
  for (unsigned attempt = 0; attempt < SnatPorts<Address>::kAttempts; ++attempt) {
    const auto candidate = tables.snat.candidate(hash, attempt);
    connection.source = candidate.address;
    connection.source_port = candidate.port;
    const ConnectionRef present = tables.connections.find(connection.reply_tuple());
    if (!present.found()) {
      tables.snat_usage.found(attempt + 1);
      return true;
    }
    if (makes_room(tables.connections[present].state) && may_go(burst)(present.index) &&
        (!first_to_go.found() ||
         tables.connections.goes_before(present, first_to_go, connection.last_seen))) {
      first_to_go = present;
    }
  }
  if (!first_to_go.found()) {
    tables.snat_usage.exhausted(SnatPorts<Address>::kAttempts);
    packet.drop(DropReason::snat_ports_exhausted);
    return false;
  }
  connection.source = tables.connections[first_to_go].source;
  connection.source_port = tables.connections[first_to_go].source_port;
  evict<Address>(first_to_go, context);
  tables.snat_usage.found(SnatPorts<Address>::kAttempts);
  return true;
}

// The client's own address and, unless another connection has the same reply tuple (through
// another Service address), its own port.
template <typename Address>
bool preserve(Connection<Address>& connection, Packet& packet, StageContext& context) noexcept {
  const auto& tables = context.tables<Address>();
  connection.source = connection.client;
  connection.source_port = connection.client_port;
  for (unsigned attempt = 0; attempt < SnatPorts<Address>::kAttempts; ++attempt) {
    const std::uint32_t hash = client_side_hash(connection.source, connection.source_port);
    if (owner_of(hash, context.workers) == context.self &&
        !tables.connections.find(connection.reply_tuple()).found()) {
      return true;
    }
    constexpr std::uint16_t kFirst = 1024;
    connection.source_port = L4Port::from_host(
        static_cast<std::uint16_t>(kFirst + context.random.below(65536u - kFirst)));
  }
  packet.drop(DropReason::snat_ports_exhausted);
  return false;
}

// Fetches into the cache what create() will look at: the places of the reply tuples. A guess, with
// the first candidates of the random numbers that come next; where it is wrong, only time is lost.
template <typename Address>
void prefetch_reply_tuples(const Batch& packets, const StageContext& context) noexcept {
  const auto& tables = context.tables<Address>();
  Random random = context.random;
  for (const Packet& packet : packets) {
    if (!packet.undecided() || packet.connection.found()) continue;
    const auto& service = *static_cast<const ServiceEntry<Address>*>(packet.service);
    const auto& endpoint = *static_cast<const ServiceEndpoint<Address>*>(packet.endpoint);
    Tuple<Address> reply{endpoint.address, source_of<Address>(packet), endpoint.port,
                         packet.source_port, packet.protocol};
    if (masquerades(source_rule(service, packet, endpoint.address, context))) {
      if (tables.snat.empty()) continue;
      const auto candidate = tables.snat.candidate(random.next(), 0);
      reply.destination = candidate.address;
      reply.destination_port = candidate.port;
    }
    tables.connections.prefetch(tables.connections.hash(reply));
  }
}

template <typename Address>
void create(Packet& packet, const Batch& burst, StageContext& context) noexcept {
  auto& connections = context.tables<Address>().connections;
  const auto& service = *static_cast<const ServiceEntry<Address>*>(packet.service);
  const auto& endpoint = *static_cast<const ServiceEndpoint<Address>*>(packet.endpoint);
  Connection<Address> connection;
  connection.client = source_of<Address>(packet);
  connection.service = destination_of<Address>(packet);
  connection.client_port = packet.source_port;
  connection.service_port = packet.destination_port;
  connection.protocol = packet.protocol;
  // An earlier packet of this very burst may have made it.
  packet.connection = connections.find(connection.original_tuple());
  if (packet.connection.found()) return;
  const auto refused = context.new_connections.refuse(connection.client, context.now);
  if (refused) return packet.drop(*refused);

  connection.endpoint = endpoint.address;
  connection.endpoint_port = endpoint.port;
  connection.endpoint_ref = endpoint.ref;
  connection.state = first_state(packet);
  connection.last_seen = to_ticks(context.now);
  connection.witness = first_witness(packet.protocol, connection.last_seen);
  ConnectionRef victim;
  if (connections.full()) {
    victim = connections.first_to_go(connection.last_seen, may_go(burst));
    if (!victim.found()) return packet.drop(DropReason::connection_table_full);
  }
  const SourceRule rule = source_rule(service, packet, endpoint.address, context);
  const bool has_source = masquerades(rule) ? masquerade(connection, packet, burst, context)
                                            : preserve(connection, packet, context);
  if (!has_source) return;
  if (connections.full()) evict<Address>(victim, context);
  connection.delta = delta_of(connection);
  packet.connection = connections.insert(connection);
  if (!packet.connection.found()) return packet.drop(DropReason::connection_table_full);
  context.usage.connection_opened(endpoint.ref);
}

}  // namespace

template <typename Address>
void create_connection(const Batch& packets, const Batch& burst, StageContext& context) noexcept {
  prefetch_reply_tuples<Address>(packets, context);
  for (Packet& packet : packets) {
    if (packet.undecided() && !packet.connection.found()) create<Address>(packet, burst, context);
  }
}

template void create_connection<Ipv4Address>(const Batch&, const Batch&, StageContext&) noexcept;
template void create_connection<Ipv6Address>(const Batch&, const Batch&, StageContext&) noexcept;

}  // namespace portico
