#include "dataplane/stage/find_service.h"

#include "dataplane/net/ip.h"
#include "dataplane/stage/for_kernel.h"
#include "dataplane/stage/refuse.h"
#include "dataplane/state/transport.h"

namespace portico {
namespace {

// A packet to an address and port where no Service is reached.
template <typename Address>
void turn_down(Packet& packet, const LocalAddress& local, StageContext& context) noexcept {
  const bool is_service = (local.service || (local.node_port && !local.snat)) && !local.own;
  if (is_service || local.is_node_port(packet.destination_port)) {
    return refuse<Address>(packet, DropReason::service_port_unknown, context);
  }
  if (local.snat || local.retired) return packet.drop(DropReason::connection_unknown);
  packet.drop(local.own ? DropReason::gateway_port_closed : DropReason::not_for_gateway);
}

// A packet in mid-stream of a connection that is not known, or no more. The client of a TCP
// connection is told so, as any host would (RFC 9293 section 3.10.7.1): it need not send into the
// void for minutes. Behind kube-proxy it hears the same from the Pod that conntrack sends it to.
template <typename Address>
void answer_unknown(Packet& packet, StageContext& context) noexcept {
  const bool is_answered = packet.protocol == Protocol::kTcp &&
                           (packet.tcp_flags & (kTcpSyn | kTcpRst | kTcpAck)) == kTcpAck;
  is_answered ? refuse<Address>(packet, DropReason::connection_unknown, context)
              : packet.drop(DropReason::connection_unknown);
}

}  // namespace

template <typename Address>
void find_service(const Batch& packets, StageContext& context) noexcept {
  auto& tables = context.tables<Address>();
  std::array<Packet*, kBurstSize> looked_up;
  std::array<ServiceKey<Address>, kBurstSize> keys;
  std::array<const ServiceEntry<Address>*, kBurstSize> entries;
  std::array<std::uint8_t, kBurstSize> keys_of;  // which of the keys is a packet's
  std::size_t count = 0, key_count = 0;
  for (Packet& packet : packets) {
    if (!packet.undecided() || packet.connection.found()) continue;
    const ServiceKey<Address> key{destination_of<Address>(packet), packet.destination_port,
                                  packet.protocol};
    // Packets to one Service come in runs.
    if (key_count == 0 || key != keys[key_count - 1]) keys[key_count++] = key;
    keys_of[count] = static_cast<std::uint8_t>(key_count - 1);
    looked_up[count++] = &packet;
  }
  if (count == 0) return;
  tables.services.find(keys.data(), key_count, entries.data());

  for (std::size_t i = 0; i < count; ++i) {
    Packet& packet = *looked_up[i];
    const ServiceKey<Address>& key = keys[keys_of[i]];
    const ServiceEntry<Address>* const entry = entries[keys_of[i]];
    packet.service = entry;
    const Address client = source_of<Address>(packet);
    if (is_nobody(client, context.port(packet.in_port), tables.locals)) {
      packet.drop(DropReason::ip_source_invalid);
    } else if (entry == nullptr) {
      const LocalAddress local = tables.locals.find(key.address);
      if (is_for_kernel(key.address, local, context.port(packet.in_port))) {
        send_ip_to_kernel<Address>(packet, true, context);
      } else {
        turn_down<Address>(packet, local, context);
      }
    } else if (client.is_link_local()) {  // of one link, RFC 4291 section 2.5.6, RFC 3927 section 7
      packet.drop(DropReason::ip_source_invalid);
    } else if (!entry->source_ranges.empty() && !entry->source_ranges.contains(client)) {
      packet.drop(DropReason::source_range_denied);
    } else if (!opens_connection(packet) &&
               !(context.new_connections.midstream_pickup && may_be_picked_up(packet))) {
      answer_unknown<Address>(packet, context);
    }
  }
}

template void find_service<Ipv4Address>(const Batch&, StageContext&) noexcept;
template void find_service<Ipv6Address>(const Batch&, StageContext&) noexcept;

}  // namespace portico
