#include "dataplane/stage/parse.h"

#include "dataplane/net/owner_hash.h"
#include "dataplane/net/parse.h"
#include "dataplane/net/parse_fragment.h"
#include "dataplane/net/parse_plain.h"
#include "dataplane/stage/for_kernel.h"

namespace portico {
namespace {

// A frame comes in by the first port of its device. If none has its tag, it stays there, to be
// dropped.
void find_port(Packet& packet, const StageContext& context) noexcept {
  const PortId first = packet.in_port;
  if (context.port(first).next_on_device == first) return;
  const std::uint16_t vlan = vlan_of(packet);
  for (PortId id = first;;) {
    const Port& port = context.port(id);
    if (port.vlan.value_or(0) == vlan) {
      packet.in_port = id;
      return;
    }
    id = port.next_on_device;
    if (id == first) return;
  }
}

void offer_to_kernel(Packet& packet, const StageContext& context) noexcept {
  if (packet.verdict.kind() != Verdict::Kind::kDrop) return;
  const DropReason reason = packet.verdict.drop_reason();
  if (reason != DropReason::protocol_unsupported && reason != DropReason::ip_destination_invalid) {
    return;
  }
  packet.family == Family::kIpv4 ? offer_refused_to_kernel<Ipv4Address>(packet, context)
                                 : offer_refused_to_kernel<Ipv6Address>(packet, context);
}

// All fragments of a packet must meet in one worker. The whole packet is steered then like others.
void send_to_others(Packet& packet, const StageContext& context) noexcept {
  if (context.workers == 1) return;
  const WorkerId owner = owner_of(fragment_hash(packet), context.workers);
  if (owner != context.self) packet.verdict = Verdict::hand_over(owner);
}

[[gnu::noinline]] void parse_any(Packet& packet, const StageContext& context) noexcept {
  find_port(packet, context);
  const Port& port = context.port(packet.in_port);
  parse_frame(packet, {port.mac, port.vlan});
  if (port.kernel) offer_to_kernel(packet, context);
  if (packet.verdict.kind() == Verdict::Kind::kReassemble) send_to_others(packet, context);
}

}  // namespace

bool parse(Burst& burst, const StageContext& context) noexcept {
  bool all_plain = true;
  const Port* port = nullptr;  // mostly that of the whole burst
  for (Packet& packet : burst) {
    if (port == nullptr || port->id != packet.in_port) port = &context.port(packet.in_port);
    if (port->is_untagged() && parse_plain(packet, port->mac)) continue;
    all_plain = false;
    parse_any(packet, context);
  }
  return all_plain;
}

}  // namespace portico
