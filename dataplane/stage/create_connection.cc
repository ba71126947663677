#include "dataplane/stage/create_connection.h"

#include "dataplane/net/owner_hash.h"
#include "dataplane/stage/draft.h"

namespace portico {
namespace {

// What translating client -> service into source -> endpoint does to the checksums, RFC 1624.
template <typename Address>
ChecksumDelta delta_of(const Connection<Address>& connection) noexcept {
  const auto replace = [](ChecksumSum& sum, const Address& before, const Address& after) {
    std::array<std::uint8_t, Address::kSize> bytes;
    before.copy_to(bytes.data());
    sum.subtract<Address::kSize>(bytes.data());
    after.copy_to(bytes.data());
    sum.add<Address::kSize>(bytes.data());
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
[[gnu::noinline]] void evict(ConnectionRef ref, StageContext& context) noexcept {
  auto& connections = context.tables<Address>().connections;
  context.usage.connection_evicted(connections[ref].endpoint_ref);
  connections.erase(ref);
}

// Tries candidate after candidate, or takes one from a connection that may go. Marks the packet
// when there is none.
template <typename Address>
[[gnu::noinline]] bool search_source(Draft<Address>& draft, const Batch& burst,
                                     StageContext& context) noexcept {
  const auto& tables = context.tables<Address>();
  Connection<Address>& connection = draft.connection;
  ConnectionRef first_to_go;  // of those that have what we look for
  while (true) {
    const ConnectionRef present = tables.connections.find(connection.reply_tuple(), draft.reply);
    if (!present.found()) {
      tables.snat_usage.found(draft.attempt + 1);
      return true;
    }
    if (makes_room(tables.connections[present].state) && may_go(burst)(present.index) &&
        (!first_to_go.found() ||
         tables.connections.goes_before(present, first_to_go, connection.last_seen))) {
      first_to_go = present;
    }
    if (++draft.attempt == SnatPorts<Address>::kAttempts) break;
    use_candidate(draft, tables);
  }
  if (!first_to_go.found()) {
    tables.snat_usage.exhausted(SnatPorts<Address>::kAttempts);
    draft.packet->drop(DropReason::snat_ports_exhausted);
    return false;
  }
  connection.source = tables.connections[first_to_go].source;
  connection.source_port = tables.connections[first_to_go].source_port;
  draft.reply = tables.connections.hash(connection.reply_tuple());
  evict<Address>(first_to_go, context);
  tables.snat_usage.found(SnatPorts<Address>::kAttempts);
  return true;
}

// Finds a source of the gateway's that is free: nearly always it is the draft's. Marks the packet
// when there is none.
template <typename Address>
bool masquerade(Draft<Address>& draft, const Batch& burst, StageContext& context) noexcept {
  const auto& tables = context.tables<Address>();
  if (tables.snat.empty()) {
    draft.packet->drop(DropReason::snat_pool_empty);
    return false;
  }
  if (tables.connections.may_have(draft.reply)) return search_source(draft, burst, context);
  tables.snat_usage.found(draft.attempt + 1);
  return true;
}

// The client's own address and, unless another connection has the same reply tuple (through
// another Service address), its own port. Marks the packet when it finds none.
template <typename Address>
[[gnu::noinline]] bool preserve(Draft<Address>& draft, StageContext& context) noexcept {
  const auto& tables = context.tables<Address>();
  Connection<Address>& connection = draft.connection;
  for (unsigned attempt = 0; attempt < SnatPorts<Address>::kAttempts; ++attempt) {
    const std::uint32_t hash = client_side_hash(connection.source, connection.source_port);
    if (owner_of(hash, context.workers) == context.self &&
        !tables.connections.find(connection.reply_tuple(), draft.reply).found()) {
      return true;
    }
    constexpr std::uint16_t kFirst = 1024;
    connection.source_port = L4Port::from_host(
        static_cast<std::uint16_t>(kFirst + context.random.below(65536u - kFirst)));
    draft.reply = tables.connections.hash(connection.reply_tuple());
  }
  draft.packet->drop(DropReason::snat_ports_exhausted);
  return false;
}

template <typename Address>
void create(Draft<Address>& draft, const Batch& burst, StageContext& context) noexcept {
  auto& tables = context.tables<Address>();
  auto& connections = tables.connections;
  Packet& packet = *draft.packet;
  Connection<Address>& connection = draft.connection;
  // An earlier packet of this very burst may have made it.
  packet.connection = connections.find(connection.original_tuple(), draft.original);
  if (packet.connection.found()) return;
  const auto refused = context.new_connections.refuse(connection.client, context.now);
  if (refused) return packet.drop(*refused);

  ConnectionRef victim;
  if (connections.full()) {
    victim = connections.first_to_go(connection.last_seen, may_go(burst));
    if (!victim.found()) return packet.drop(DropReason::connection_table_full);
  }
  const bool has_source =
      draft.masquerades ? masquerade(draft, burst, context) : preserve(draft, context);
  if (!has_source) return;
  if (connections.full()) evict<Address>(victim, context);
  connection.delta = delta_of(connection);
  connection.way_epoch = tables.way_epoch;
  connection.ways[0] = context.usage.way(connection.endpoint_ref, tables.way_epoch);
  packet.connection = connections.insert(connection, draft.original, draft.reply);
  if (!packet.connection.found()) return packet.drop(DropReason::connection_table_full);
  context.usage.connection_opened(connection.endpoint_ref);
}

}  // namespace

template <typename Address>
void create_connection(const Batch& packets, const Batch& burst, StageContext& context) noexcept {
  Drafts<Address> drafts;
  draft_connections(packets, drafts, context);
  for (Draft<Address>& draft : drafts) create(draft, burst, context);
}

template void create_connection<Ipv4Address>(const Batch&, const Batch&, StageContext&) noexcept;
template void create_connection<Ipv6Address>(const Batch&, const Batch&, StageContext&) noexcept;

}  // namespace portico
