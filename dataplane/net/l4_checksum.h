#pragma once

// The checksum of a whole TCP, UDP or SCTP packet, where the gateway speaks for the host that would
// verify it. What is translated is not verified: a wrong checksum stays wrong.

#include "dataplane/net/ip.h"
#include "dataplane/net/sctp.h"

namespace portico {

// RFC 9260 section 6.8: over the packet with the checksum's field zero.
inline bool sctp_checksum_is_right(const Packet& packet) noexcept {
  constexpr auto kField = static_cast<std::uint32_t>(offsetof(SctpHeader, checksum));
  constexpr std::array<std::uint8_t, 4> kZero{};
  const std::uint32_t behind = kField + static_cast<std::uint32_t>(kZero.size());
  std::uint32_t crc = crc32c_add(0xffffffff, packet.l4(), kField);
  crc = crc32c_add(crc, kZero.data(), static_cast<std::uint32_t>(kZero.size()));
  visit_bytes(
      packet, packet.l4_offset + behind, l4_length(packet) - behind,
      [&](const std::uint8_t* bytes, std::uint32_t size) { crc = crc32c_add(crc, bytes, size); });
  const auto& stated = header_at<SctpHeader>(packet.l4()).checksum;  // little-endian
  for (std::size_t i = 0; i < stated.size(); ++i) {
    if (stated[i] != static_cast<std::uint8_t>(~crc >> 8 * i)) return false;
  }
  return true;
}

// RFC 9293 section 3.1, RFC 768: UDP over IPv4 may have none; over IPv6 it may not (RFC 8200
// section 8.1). parse() has checked the lengths.
template <typename Address>
bool l4_checksum_is_right(const Packet& packet) noexcept {
  if (packet.checksum_missing) return true;
  if (packet.protocol == Protocol::kSctp) return sctp_checksum_is_right(packet);
  std::uint32_t length = l4_length(packet);
  if (packet.protocol == Protocol::kUdp) {
    const auto& udp = header_at<UdpHeader>(packet.l4());
    length = udp.length.host();
    if (udp.checksum.load() == Be16()) return Address::kFamily == Family::kIpv4;
  }
  ChecksumSum sum = pseudo_header(source_of<Address>(packet), destination_of<Address>(packet),
                                  packet.protocol, length);
  add_bytes(sum, packet, packet.l4_offset, length);
  return sum.checksum() == 0;
}

}  // namespace portico
