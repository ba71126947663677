#pragma once

#include <optional>

#include "dataplane/packet/packet.h"

namespace portico {

// What a frame must have to be for this port.
struct Link {
  MacAddress mac;
  std::optional<std::uint16_t> vlan;  // absent: untagged (or tagged with VLAN 0, a mere priority)
};

// The VLAN of a frame; 0 when it has none, or is too short to tell.
std::uint16_t vlan_of(const Packet& packet) noexcept;

// Reads the frame's headers and checks every length, once and first: afterwards
//   - marked to be reassembled: a fragment that has passed net/parse_fragment.h, its data
//     at l4_offset;
//   - packet.is_ip and undecided: all of [0, payload_offset) is contiguous memory inside
//     the frame, ip_length is inside the frame, and the packet is a whole TCP, UDP, SCTP, ICMP
//     or ICMPv6 packet;
//   - not is_ip and undecided: a whole ARP packet lies at l3_offset;
//   - otherwise the packet is marked with the reason for which it is dropped.
// Options and extension headers are stepped over; they are carried along, never acted upon.
//
// Sources: RFC 894, 826, 791 and 1122 section 3.2.1, 8200 section 4, 9293, 768, 9260, 792, 4443.
void parse_frame(Packet& packet, const Link& link) noexcept;

}  // namespace portico
