#pragma once

// What a fragment says of itself: which datagram it is of, and which bytes it has of it.

#include <rte_ip.h>

#include <array>
#include <cstring>

#include "dataplane/packet/packet.h"

namespace portico {

// Names a datagram. RFC 791 section 3.2 (the protocol is part of it), RFC 8200 section 4.5. And the
// port: else a client could complete, or spoil, what an endpoint says.
struct DatagramKey {
  std::array<std::uint8_t, 16> source{}, destination{};
  std::uint32_t id = 0;
  std::uint16_t protocol = 0;  // IPv4
  PortId port;
};
static_assert(sizeof(DatagramKey) == 40);  // hashed as bytes: no padding

struct Fragment {
  DatagramKey key;
  std::uint32_t headers = 0;  // bytes from the IP header to the data, fragment header included
  std::uint32_t begin = 0, end = 0;
  bool last = false;
};

// Of a packet that parse() has marked as a fragment: l4_offset is where its data begins.
inline Fragment read_fragment(const Packet& packet) noexcept {
  Fragment fragment;
  fragment.headers = packet.l4_offset - std::uint32_t{packet.l3_offset};
  fragment.key.port = packet.in_port;
  if (packet.family == Family::kIpv4) {
    const auto& ip = *reinterpret_cast<const rte_ipv4_hdr*>(packet.l3());
    std::memcpy(fragment.key.source.data(), &ip.src_addr, sizeof ip.src_addr);
    std::memcpy(fragment.key.destination.data(), &ip.dst_addr, sizeof ip.dst_addr);
    fragment.key.id = ip.packet_id;
    fragment.key.protocol = ip.next_proto_id;
    const std::uint16_t word = rte_be_to_cpu_16(ip.fragment_offset);
    fragment.begin = (word & RTE_IPV4_HDR_OFFSET_MASK) * std::uint32_t{RTE_IPV4_HDR_OFFSET_UNITS};
    fragment.last = (word & RTE_IPV4_HDR_MF_FLAG) == 0;
  } else {
    const auto& ip = *reinterpret_cast<const rte_ipv6_hdr*>(packet.l3());
    const auto& extension = *reinterpret_cast<const rte_ipv6_fragment_ext*>(
        packet.l4() - sizeof(rte_ipv6_fragment_ext));
    std::memcpy(fragment.key.source.data(), ip.src_addr, 16);
    std::memcpy(fragment.key.destination.data(), ip.dst_addr, 16);
    fragment.key.id = extension.id;
    const std::uint16_t word = rte_be_to_cpu_16(extension.frag_data);
    fragment.begin = word & 0xfff8u;  // RTE_IPV6_EHDR_FO_MASK
    fragment.last = (word & RTE_IPV6_EHDR_MF_MASK) == 0;
  }
  fragment.end = fragment.begin + packet.ip_length - fragment.headers;
  return fragment;
}

}  // namespace portico
