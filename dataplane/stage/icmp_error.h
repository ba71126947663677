#pragma once

#include <algorithm>

#include "dataplane/stage/answer.h"

namespace portico {

// What an ICMP error says: type, code, and the four bytes behind the checksum.
struct IcmpError {
  std::uint8_t type;
  std::uint8_t code;
  std::uint32_t rest = 0;
};

template <typename Address>
struct IcmpErrors;

// RFC 792.
template <>
struct IcmpErrors<Ipv4Address> {
  static constexpr IcmpError kTimeExceeded{11, 0};
  static constexpr IcmpError kPortUnreachable{3, 3};
  // "Fragmentation needed", with the next hop's MTU: RFC 1191 section 4.
  static constexpr IcmpError too_big(std::uint32_t mtu) noexcept { return {3, 4, mtu & 0xffff}; }
};

// RFC 4443 sections 3.1 to 3.3.
template <>
struct IcmpErrors<Ipv6Address> {
  static constexpr IcmpError kTimeExceeded{3, 0};
  static constexpr IcmpError kPortUnreachable{1, 4};
  static constexpr IcmpError too_big(std::uint32_t mtu) noexcept { return {2, 0, mtu}; }
};

// Makes the packet an ICMP error about itself, to its sender: new IP and ICMP headers in front of
// as much of it as the RFCs want (RFC 1812 section 4.3.2.3, RFC 4443 section 2.4). Where it goes is
// the caller's to mark. False, and unchanged, when the frame has no headroom. Never called for ICMP
// packets, so no error answers an error.
template <typename Address>
bool become_icmp_error(Packet& packet, const IcmpError& error, const Address& from) noexcept {
  constexpr std::uint16_t kHeaders =
      static_cast<std::uint16_t>(sizeof(typename Ip<Address>::Header) + sizeof(IcmpHeader));
  if (packet.headroom < kHeaders) return false;
  const Address sender = source_of<Address>(packet);

  const std::uint32_t quoted = std::min(
      {packet.ip_length, packet.contiguous - packet.l3_offset, Ip<Address>::kErrorSize - kHeaders});
  packet.truncate(packet.l3_offset + quoted);
  packet.prepend(kHeaders);
  std::memmove(packet.data, packet.data + kHeaders, packet.l3_offset);
  packet.ip_length = kHeaders + quoted;
  packet.protocol = Ip<Address>::kIcmp;
  packet.l4_offset = static_cast<std::uint16_t>(packet.l3_offset + kHeaders - sizeof(IcmpHeader));
  write_answer_header(packet, Ip<Address>::kIcmp, from, sender);

  auto& icmp = header_at<IcmpHeader>(packet.l4());
  icmp = {};
  icmp.type = error.type;
  icmp.code = error.code;
  icmp.rest.set_host(error.rest);
  const std::uint32_t length = quoted + std::uint32_t{sizeof(IcmpHeader)};
  ChecksumSum sum = icmp_pseudo_header(from, sender, length);
  sum.add(packet.l4(), length);
  icmp.checksum.store(Be16::from_wire(sum.checksum()));
  return true;
}

}  // namespace portico
