#pragma once

// What is addressed to the gateway and is not Portico's goes to the kernel, through the kernel
// interface of the port it came in by. Without such an interface it ends where it would end anyhow.

#include "dataplane/net/ip.h"
#include "dataplane/stage/context.h"
#include "dataplane/stage/sender.h"

namespace portico {

// 224.0.0.0/24 (RFC 5771 section 4) and ff02::/16 (RFC 4291 section 2.7): the groups of one link.
inline bool is_link_group(const Ipv4Address& address) noexcept {
  return address.word.host() >> 8 == 0xe00000;
}
inline bool is_link_group(const Ipv6Address& address) noexcept {
  return address.bytes[0] == 0xff && (address.bytes[1] & 0x0f) == 0x02;
}

// Addresses that the kernel gives itself on each link, unknown to Portico.
inline bool is_kernels_own(const Ipv4Address&) noexcept {
  return false;
}
inline bool is_kernels_own(const Ipv6Address& address) noexcept {
  return address.is_link_local();
}

// Whether a packet to this address, which is in `local` in this role, is the kernel's when nothing
// of Portico's wants it.
template <typename Address>
bool is_for_kernel(const Address& destination, const LocalAddress& local,
                   const Port& port) noexcept {
  return port.kernel && (local.own || is_kernels_own(destination) || is_link_group(destination));
}

template <typename Address>
void send_to_kernel(Packet& packet, KernelTraffic traffic, const StageContext& context) noexcept {
  const Address source = source_of<Address>(packet);
  const bool on_link = is_on_link(source, context.port(packet.in_port));
  if (context.kernel.admit(packet.in_port, traffic, source, on_link, context.now)) {
    packet.verdict = Verdict::punt(PuntReason::kForKernel, packet.in_port);
  } else {
    packet.drop(DropReason::kernel_rate_limited);
  }
}

// Only what comes from the link is routing: who is beyond it can send no group's packets there, and
// is told by the source otherwise.
template <typename Address>
KernelTraffic kernel_traffic(const Packet& packet, bool with_ports,
                             const StageContext& context) noexcept {
  const Address source = source_of<Address>(packet);
  const Address destination = destination_of<Address>(packet);
  if (is_link_group(destination)) return KernelTraffic::kRouting;
  const bool may_be_routing =
      is_kernels_own(destination) || (!with_ports && packet.protocol != Ip<Address>::kIcmp);
  if (may_be_routing && is_on_link(source, context.port(packet.in_port))) {
    return KernelTraffic::kRouting;
  }
  if (!with_ports) return KernelTraffic::kOther;
  return context.kernel.classify(Tuple<Address>{source, destination, packet.source_port,
                                                packet.destination_port, packet.protocol});
}

// An IP packet whose l3_offset, family and protocol are known, and its ports if it is `with_ports`.
template <typename Address>
void send_ip_to_kernel(Packet& packet, bool with_ports, const StageContext& context) noexcept {
  send_to_kernel<Address>(packet, kernel_traffic<Address>(packet, with_ports, context), context);
}

// parse() refuses what Portico can't translate. The kernel may know it: a protocol without ports to
// one of our addresses (OSPF, GRE, ESP), a group of the link (OSPF, VRRP, RIP).
template <typename Address>
void offer_refused_to_kernel(Packet& packet, const StageContext& context) noexcept {
  const DropReason reason = packet.verdict.drop_reason();
  const Address destination = destination_of<Address>(packet);
  const bool is_wanted =
      reason == DropReason::ip_destination_invalid
          ? is_link_group(destination)
          : is_for_kernel(destination, context.tables<Address>().locals.find(destination),
                          context.port(packet.in_port));
  if (is_wanted) send_ip_to_kernel<Address>(packet, false, context);
}

}  // namespace portico
