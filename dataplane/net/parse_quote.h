#pragma once

#include "dataplane/packet/packet.h"

namespace portico {

// Looks into an ICMP error, whose ICMP header parse() has checked: destination unreachable, time
// exceeded, parameter problem, and IPv6's packet too big (RFC 792, RFC 4443). Sets packet.quote,
// and the packet's ports to those of the packet that it quotes, the other way round; the quote's IP
// header, with options and extension headers, and 8 bytes behind it are in the frame then and
// contiguous (RFC 792: "64 bits of data"). Drops the error when the quote is shorter. A quote that
// cannot be a packet of a connection's (a fragment without ports, another version or protocol) is
// left out: packet.quote.is_known() is false.
void parse_quote(Packet& packet) noexcept;

}  // namespace portico
