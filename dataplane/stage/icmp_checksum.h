#pragma once

#include "dataplane/net/ip.h"

namespace portico {

// The sum of an ICMP message, with ICMPv6's pseudo header; its checksum() is 0 if the one in the
// message is right.
template <typename Address>
ChecksumSum icmp_sum(const Packet& packet) noexcept {
  const std::uint32_t length = l4_length(packet);
  ChecksumSum sum =
      icmp_pseudo_header(source_of<Address>(packet), destination_of<Address>(packet), length);
  add_bytes(sum, packet, packet.l4_offset, length);
  return sum;
}

}  // namespace portico
