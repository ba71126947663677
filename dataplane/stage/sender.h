#pragma once

// Who can have sent a packet, and who can be answered.

#include "dataplane/net/ip.h"
#include "dataplane/state/local_addresses.h"
#include "dataplane/state/port_table.h"

namespace portico {

// The broadcast address of one of the port's links: all ones behind the prefix (RFC 922 section 7).
// Links of two addresses have none (RFC 3021).
inline bool is_broadcast(const Ipv4Address& address, const Port& port) noexcept {
  for (const InterfaceAddress& own : port.addresses) {
    if (!own.address.is_v4() || own.prefix_length > 30) continue;
    const std::uint32_t hosts = 0xffffffffu >> own.prefix_length;
    if (address.word.host() == (own.address.v4().word.host() | hosts)) return true;
  }
  return false;
}
inline bool is_broadcast(const Ipv6Address&, const Port&) noexcept {
  return false;
}

// Whether no host sends from this address: parse() knows it for most, here are those that depend on
// the gateway. Its own addresses, and those of Services, send nothing: that is a forged packet, or
// a loop (RFC 2827). Nor does a broadcast address (RFC 1122 section 3.2.1.3).
template <typename Address>
bool is_nobody(const Address& source, const Port& port,
               const LocalAddresses<Address>& locals) noexcept {
  return locals.find(source).sends_nothing() || is_broadcast(source, port);
}

// Whether the sender is on one of the port's links, as far as its address says so.
template <typename Address>
bool is_on_link(const Address& source, const Port& port) noexcept {
  if (source.is_link_local()) return true;
  for (const InterfaceAddress& own : port.addresses) {
    if (own.subnet().contains(source)) return true;
  }
  return false;
}

// A frame from a group's MAC address is answered by nobody (RFC 1122 section 3.2.2).
inline bool comes_from_group(const Packet& packet) noexcept {
  return header_at<EthernetHeader>(packet.data).source.is_multicast();
}

}  // namespace portico
