#pragma once

#include <cstdint>

#include "dataplane/net/headers.h"
#include "dataplane/state/port_table.h"

namespace portico {

// Bytes in front of the IP or ARP header of a frame at `port`: with a tag or without.
inline std::uint16_t link_header_size(const Port& port) noexcept {
  return static_cast<std::uint16_t>(sizeof(EthernetHeader) + (port.vlan ? sizeof(VlanTag) : 0));
}

// Writes them. Requires link_header_size(port) bytes at `frame`.
inline void write_link_header(std::uint8_t* frame, const Port& port, const MacAddress& source,
                              const MacAddress& destination, std::uint16_t ether_type) noexcept {
  auto& ethernet = header_at<EthernetHeader>(frame);
  ethernet.destination = destination;
  ethernet.source = source;
  ethernet.ether_type.set_host(port.vlan ? kEtherTypeVlan : ether_type);
  if (!port.vlan) return;
  auto& tag = header_at<VlanTag>(frame + sizeof(EthernetHeader));
  tag.control.set_host(*port.vlan);
  tag.ether_type.set_host(ether_type);
}

}  // namespace portico
