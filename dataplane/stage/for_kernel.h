#pragma once

// What is addressed to the gateway and is not Portico's goes to the kernel, through the kernel
// interface of the port it came in by. Without such an interface it ends where it would end anyhow.

#include "dataplane/net/ip.h"
#include "dataplane/stage/context.h"

namespace portico {

// 224.0.0.0/24 (RFC 5771 section 4) and ff02::/16 (RFC 4291 section 2.7): the groups of one link.
inline bool is_link_group(const Ipv4Address& address) noexcept {
  return address.word.host() >> 8 == 0xe00000;
}
inline bool is_link_group(const Ipv6Address& address) noexcept {
  return address.bytes[0] == 0xff && (address.bytes[1] & 0x0f) == 0x02;
}

// Addresses that the kernel gives itself on each link, unknown to Portico.
inline bool is_link_local(const Ipv4Address&) noexcept {
  return false;
}
inline bool is_link_local(const Ipv6Address& address) noexcept {
  return address.is_link_local();
}

// Whether a packet to this address, which is in `local` in this role, is the kernel's when nothing
// of Portico's wants it.
template <typename Address>
bool is_for_kernel(const Address& destination, const LocalAddress& local,
                   const Port& port) noexcept {
  return port.kernel && (local.own || is_link_local(destination) || is_link_group(destination));
}

inline void send_to_kernel(Packet& packet, KernelTraffic traffic,
                           const StageContext& context) noexcept {
  if (context.kernel.admit(packet.in_port, traffic, context.now)) {
    packet.verdict = Verdict::punt(PuntReason::kForKernel, packet.in_port);
  } else {
    packet.drop(DropReason::kernel_rate_limited);
  }
}

// An IP packet whose l3_offset, family and protocol are known, and its ports if it is `with_ports`.
template <typename Address>
void send_ip_to_kernel(Packet& packet, bool with_ports, const StageContext& context) noexcept {
  const Address destination = destination_of<Address>(packet);
  KernelTraffic traffic = KernelTraffic::kRouting;
  if (!is_link_local(destination) && !is_link_group(destination)) {
    if (with_ports) {
      traffic = context.kernel.classify(Tuple<Address>{source_of<Address>(packet), destination,
                                                       packet.source_port, packet.destination_port,
                                                       packet.protocol});
    } else if (packet.protocol == Ip<Address>::kIcmp) {
      traffic = KernelTraffic::kOther;
    }
  }
  send_to_kernel(packet, traffic, context);
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
