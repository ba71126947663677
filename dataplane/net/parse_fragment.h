#pragma once

#include "dataplane/net/ip.h"

namespace portico {

// Checks a fragment, whose data begin at l4_offset, and marks it to be reassembled or dropped.
// `next` is what the data of the first fragment begin with: an extension header or a protocol.
//
//   fragment_malformed   no data, not the last one and no multiple of 8 bytes (RFC 791, RFC 8200
//                        section 4.5), an end beyond the largest packet, a fragment of a fragment
//   fragment_tiny        the first one does not hold all headers (RFC 1858, RFC 7112)
void parse_fragment(Packet& packet, std::uint32_t offset, bool more, std::uint8_t next) noexcept;

// A function of what names the fragment's packet: the same for all its fragments. Requires one that
// is marked to be reassembled.
std::uint32_t fragment_hash(const Packet& packet) noexcept;

}  // namespace portico
