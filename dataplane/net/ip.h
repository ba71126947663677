#pragma once

// What IPv4 and IPv6 headers have in common, so that code is written once: Ip<Ipv4Address> and
// Ip<Ipv6Address> have the same members.

#include "dataplane/net/checksum.h"
#include "dataplane/net/headers.h"
#include "dataplane/packet/segment.h"

namespace portico {

template <typename Address>
struct Ip;

template <>
struct Ip<Ipv4Address> {
  using Header = Ipv4Header;
  static constexpr std::uint16_t kEtherType = kEtherTypeIpv4;
  static constexpr Protocol kIcmp = Protocol::kIcmp;
  static constexpr std::uint8_t kEchoRequest = 8;
  static constexpr std::uint8_t kEchoReply = 0;
  // RFC 1812 section 4.3.2.3: an error carries as much as fits into 576 bytes.
  static constexpr std::uint32_t kErrorSize = 576;
  // RFC 791 section 3.2: every module forwards a packet of this size without fragmenting it.
  static constexpr std::uint32_t kLeastMtu = 68;

  static std::uint8_t ttl(const Packet& packet) noexcept {
    return header_at<Header>(packet.l3()).ttl;
  }
  static void set_ttl(Packet& packet, std::uint8_t ttl) noexcept {
    auto& header = header_at<Header>(packet.l3());
    ChecksumSum delta;
    delta.subtract(&header.ttl, 2);  // TTL and protocol are one word of the checksum
    header.ttl = ttl;
    delta.add(&header.ttl, 2);
    update_header_checksum(header, delta.fold());
  }
  // Requires a TTL of at least 1. TTL and protocol are one word of the checksum, TTL its upper
  // half: whatever it is, ~m + m' is 0xffff - 0x0100. `delta`: of other words that have changed.
  static void decrement_ttl(Header& header, std::uint16_t delta = 0) noexcept {
    --header.ttl;
    auto& field = header.checksum;
    field.store(Be16::from_wire(
        update_checksum(field.load().wire(), Be16::from_host(0xfeff).wire(), delta)));
  }
  static void update_header_checksum(Header& header, std::uint16_t delta) noexcept {
    auto& field = header.checksum;
    field.store(Be16::from_wire(update_checksum(field.load().wire(), delta)));
  }
};

template <>
struct Ip<Ipv6Address> {
  using Header = Ipv6Header;
  static constexpr std::uint16_t kEtherType = kEtherTypeIpv6;
  static constexpr Protocol kIcmp = Protocol::kIcmpv6;
  static constexpr std::uint8_t kEchoRequest = 128;
  static constexpr std::uint8_t kEchoReply = 129;
  // RFC 4443 section 2.4 (c): as much as fits into the minimum MTU.
  static constexpr std::uint32_t kErrorSize = 1280;
  static constexpr std::uint32_t kLeastMtu = 1280;  // RFC 8200 section 5

  static std::uint8_t ttl(const Packet& packet) noexcept {
    return header_at<Header>(packet.l3()).hop_limit;
  }
  static void set_ttl(Packet& packet, std::uint8_t ttl) noexcept {
    header_at<Header>(packet.l3()).hop_limit = ttl;
  }
  static void decrement_ttl(Header& header, std::uint16_t = 0) noexcept { --header.hop_limit; }
  static void update_header_checksum(Header&, std::uint16_t) noexcept {}  // has none
};

template <typename Address>
Address source_of(const Packet& packet) noexcept {
  return Address::from_bytes(header_at<typename Ip<Address>::Header>(packet.l3()).source.data());
}
template <typename Address>
Address destination_of(const Packet& packet) noexcept {
  return Address::from_bytes(
      header_at<typename Ip<Address>::Header>(packet.l3()).destination.data());
}
template <typename Address>
void set_addresses(Packet& packet, const Address& source, const Address& destination) noexcept {
  auto& header = header_at<typename Ip<Address>::Header>(packet.l3());
  source.copy_to(header.source.data());
  destination.copy_to(header.destination.data());
}

// The pseudo header of TCP, UDP and ICMPv6 checksums, RFC 9293 section 3.1 and RFC 8200
// section 8.1.
template <typename Address>
ChecksumSum pseudo_header(const Address& source, const Address& destination, Protocol protocol,
                          std::uint32_t length) noexcept {
  std::array<std::uint8_t, Address::kSize> bytes;
  ChecksumSum sum;
  source.copy_to(bytes.data());
  sum.add(bytes.data(), bytes.size());
  destination.copy_to(bytes.data());
  sum.add(bytes.data(), bytes.size());
  sum.add_word(Be16::from_host(static_cast<std::uint16_t>(length >> 16)).wire());
  sum.add_word(Be16::from_host(static_cast<std::uint16_t>(length)).wire());
  sum.add_word(Be16::from_host(static_cast<std::uint8_t>(protocol)).wire());
  return sum;
}

// What an ICMP checksum begins with: nothing over IPv4, the pseudo header over IPv6.
template <typename Address>
ChecksumSum icmp_pseudo_header(const Address& source, const Address& destination,
                               std::uint32_t length) noexcept {
  if constexpr (Address::kFamily == Family::kIpv4) {
    return ChecksumSum();
  } else {
    return pseudo_header(source, destination, Protocol::kIcmpv6, length);
  }
}

// Adds the frame's bytes [offset, offset + length) to `sum`, whatever pieces they lie in.
inline void add_bytes(ChecksumSum& sum, const Packet& packet, std::uint32_t offset,
                      std::uint32_t length) noexcept {
  bool odd = false;  // what was added so far; then each word is loaded with its bytes swapped
  visit_bytes(packet, offset, length, [&](const std::uint8_t* bytes, std::uint32_t size) {
    ChecksumSum piece;
    piece.add(bytes, size);
    sum.add_word(odd ? __builtin_bswap16(piece.fold()) : piece.fold());
    odd ^= (size & 1) != 0;
  });
}

// Bytes from the TCP, UDP or ICMP header on, without Ethernet padding.
inline std::uint32_t l4_length(const Packet& packet) noexcept {
  return packet.ip_length - (packet.l4_offset - std::uint32_t{packet.l3_offset});
}

}  // namespace portico
