#pragma once

#include "dataplane/net/ip.h"
#include "dataplane/state/connection.h"

namespace portico {

// What is in the packet's own headers. Requires TCP, UDP or SCTP.
template <typename Address>
[[gnu::always_inline]] inline Tuple<Address> own_tuple_of(const Packet& packet) noexcept {
  return {source_of<Address>(packet), destination_of<Address>(packet), packet.source_port,
          packet.destination_port, packet.protocol};
}

// What a TCP, UDP or SCTP packet has in its headers. An ICMP error travels with the packets that go
// against the one that it quotes, so it has that one's tuple the other way round. Requires an error
// that quotes one of these, not any other ICMP packet.
template <typename Address>
Tuple<Address> tuple_of(const Packet& packet) noexcept {
  if (!packet.quote.is_known()) return own_tuple_of<Address>(packet);
  using Header = typename Ip<Address>::Header;
  const auto& quoted = header_at<Header>(packet.data + packet.quote.l3_offset);
  return {Address::from_bytes(quoted.destination.data()), Address::from_bytes(quoted.source.data()),
          packet.source_port, packet.destination_port, packet.quote.protocol};
}

// Whether it has one.
template <typename Address>
bool has_tuple(const Packet& packet) noexcept {
  return packet.protocol != Ip<Address>::kIcmp || packet.quote.is_known();
}

}  // namespace portico
