#pragma once

// Who may be sent in fragments, and how large these are.

#include <algorithm>

#include "dataplane/net/ip.h"

namespace portico {

// How large a packet, or a fragment of it, may leave by a link of this MTU. What came in fragments
// leaves in fragments no larger than they were, as in Linux (frag_max_size): somebody found out
// that this is what the path takes.
template <typename Address>
std::uint32_t size_limit(const Packet& packet, std::uint32_t mtu) noexcept {
  if (packet.largest_fragment == 0) return mtu;
  return std::min(mtu, std::max<std::uint32_t>(packet.largest_fragment, Ip<Address>::kLeastMtu));
}

// Whether a packet of a host's may be sent by a link of this MTU in fragments, if it is too large
// to be sent whole. IPv6 and "don't fragment" leave fragmentation to the sender (RFC 8200 section
// 5, RFC 791): what came in one piece is too big then, and so is what came in fragments if the link
// would not have taken each of them.
template <typename Address>
bool may_be_fragmented(const Packet& packet, std::uint32_t mtu) noexcept {
  if constexpr (Address::kFamily == Family::kIpv4) {
    const auto& ip = header_at<Ipv4Header>(packet.l3());
    if ((ip.fragment.host() & kIpv4DontFragment) == 0) return true;
  }
  return packet.largest_fragment != 0 && packet.largest_fragment <= mtu;
}

// Marks a packet that is to leave by a link of this MTU to be sent in fragments, if it must be.
template <typename Address>
void fit_to(Packet& packet, std::uint32_t mtu) noexcept {
  const std::uint32_t limit = size_limit<Address>(packet, mtu);
  if (packet.ip_length > limit) packet.fragment_size = static_cast<std::uint16_t>(limit);
}

}  // namespace portico
