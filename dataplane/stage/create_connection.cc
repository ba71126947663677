#include "dataplane/stage/create_connection.h"

#include "dataplane/net/owner_hash.h"
#include "dataplane/stage/draft.h"
#include "dataplane/state/transport.h"

namespace portico {
namespace {

// What translating client -> service into source -> endpoint does to the checksums, RFC 1624.
template <typename Address>
ChecksumDelta delta_of(const Tuple<Address>& original, const Tuple<Address>& reply) noexcept {
  const auto replace = [](ChecksumSum& sum, const Address& before, const Address& after) {
    std::array<std::uint8_t, Address::kSize> bytes;
    before.copy_to(bytes.data());
    sum.subtract<Address::kSize>(bytes.data());
    after.copy_to(bytes.data());
    sum.add<Address::kSize>(bytes.data());
  };
  ChecksumSum sum;
  replace(sum, original.source, reply.destination);
  replace(sum, original.destination, reply.source);
  ChecksumDelta delta;
  delta.l3 = sum.fold();
  sum.subtract_word(original.source_port.wire());
  sum.add_word(reply.destination_port.wire());
  sum.subtract_word(original.destination_port.wire());
  sum.add_word(reply.source_port.wire());
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
  const std::uint32_t now = to_ticks(context.now);
  ConnectionRef first_to_go;  // of those that have what we look for
  while (true) {
    const ConnectionRef present = tables.connections.find(draft.reply_tuple(), draft.reply);
    if (!present.found()) {
      tables.snat_usage.found(draft.attempt + 1);
      return true;
    }
    if (makes_room(tables.connections[present].state) && may_go(burst)(present.index) &&
        (!first_to_go.found() || tables.connections.goes_before(present, first_to_go, now))) {
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
  draft.source = tables.connections[first_to_go].source;
  draft.source_port = tables.connections[first_to_go].source_port;
  draft.reply = tables.connections.hash(draft.reply_tuple());
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
  for (unsigned attempt = 0; attempt < SnatPorts<Address>::kAttempts; ++attempt) {
    const std::uint32_t hash = client_side_hash(draft.source, draft.source_port);
    if (owner_of(hash, context.workers) == context.self &&
        !tables.connections.find(draft.reply_tuple(), draft.reply).found()) {
      return true;
    }
    constexpr std::uint16_t kFirst = 1024;
    draft.source_port = L4Port::from_host(
        static_cast<std::uint16_t>(kFirst + context.random.below(65536u - kFirst)));
    draft.reply = tables.connections.hash(draft.reply_tuple());
  }
  draft.packet->drop(DropReason::snat_ports_exhausted);
  return false;
}

// Writes the record of a draft that has its source, all of it.
template <typename Address>
void write(const Draft<Address>& draft, std::uint32_t now, const StageContext& context,
           Connection<Address>& record) noexcept {
  const Packet& packet = *draft.packet;
  const ServiceEndpoint<Address>& endpoint = draft.endpoint();
  const Tuple<Address> original = own_tuple_of<Address>(packet);
  record.client = original.source;
  record.service = original.destination;
  record.endpoint = endpoint.address;
  record.source = draft.source;
  record.client_port = original.source_port;
  record.service_port = original.destination_port;
  record.endpoint_port = endpoint.port;
  record.source_port = draft.source_port;
  record.protocol = packet.protocol;
  record.state = first_state(packet);
  record.delta = delta_of(original, draft.reply_tuple());
  record.witness = first_witness(packet.protocol, now);
  record.endpoint_ref = endpoint.ref;
  record.last_seen = now;
  record.way_epoch = context.tables<Address>().way_epoch;
  record.ways[0] = context.usage.way(endpoint.ref, record.way_epoch);
  record.ways[1] = NeighborTable::kNoPlace;
  record.packets[0] = record.packets[1] = 0;
}

template <typename Address>
void create(Draft<Address>& draft, const Batch& burst, std::uint32_t now,
            StageContext& context) noexcept {
  auto& connections = context.tables<Address>().connections;
  Packet& packet = *draft.packet;
  // An earlier packet of this very burst may have made it.
  packet.connection = connections.find(own_tuple_of<Address>(packet), draft.original);
  if (packet.connection.found()) return;
  const auto refused = context.new_connections.refuse(source_of<Address>(packet), context.now);
  if (refused) return packet.drop(*refused);

  ConnectionRef victim;
  if (connections.full()) {
    victim = connections.first_to_go(now, may_go(burst));
    if (!victim.found()) return packet.drop(DropReason::connection_table_full);
  }
  const bool has_source =
      draft.masquerades ? masquerade(draft, burst, context) : preserve(draft, context);
  if (!has_source) return;
  // Still full: the source may have been taken from a connection that ended for it.
  if (connections.full()) evict<Address>(victim, context);
  write(draft, now, context, connections.place());
  packet.connection = connections.insert(draft.original, draft.reply);
  if (!packet.connection.found()) return packet.drop(DropReason::connection_table_full);
  context.usage.connection_opened(draft.endpoint().ref);
}

}  // namespace

template <typename Address>
void create_connection(const Batch& packets, const Batch& burst, StageContext& context) noexcept {
  Drafts<Address> drafts;
  draft_connections(packets, drafts, context);
  const std::uint32_t now = to_ticks(context.now);
  for (Draft<Address>& draft : drafts) create(draft, burst, now, context);
}

template void create_connection<Ipv4Address>(const Batch&, const Batch&, StageContext&) noexcept;
template void create_connection<Ipv6Address>(const Batch&, const Batch&, StageContext&) noexcept;

}  // namespace portico
