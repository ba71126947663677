#pragma once

#include "dataplane/packet/packet_io.h"
#include "dataplane/state/port_table.h"

namespace portico {

// Makes an ARP request (RFC 826) or a neighbor solicitation (RFC 4861 section 4.3) for `target`,
// as it leaves by `port`. `at`: the neighbor's MAC address when it is asked again; null: everybody
// is asked. False when there is no memory for the frame, or the port has no address of the family
// to ask from.
bool make_neighbor_request(PacketIo& io, const Port& port, const IpAddress& target,
                           const MacAddress* at, Packet& packet) noexcept;

}  // namespace portico
