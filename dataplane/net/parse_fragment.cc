#include "dataplane/net/parse_fragment.h"

#include "dataplane/net/owner_hash.h"
#include "dataplane/net/sctp.h"

namespace portico {
namespace {

bool is_extension(std::uint8_t next) noexcept {
  return next == kIpv6HopByHop || next == kIpv6Routing || next == kIpv6Fragment ||
         next == kIpv6DestinationOptions;
}

// Bytes of the header of a protocol that begins at `bytes`, of which `size` may be read.
std::uint32_t header_size(std::uint8_t protocol, const std::uint8_t* bytes,
                          std::uint32_t size) noexcept {
  switch (static_cast<Protocol>(protocol)) {
    case Protocol::kTcp:
      if (size < sizeof(TcpHeader)) return sizeof(TcpHeader);
      return (header_at<TcpHeader>(bytes).data_offset >> 4) * 4u;
    case Protocol::kSctp:
      return sizeof(SctpHeader);
    case Protocol::kUdp:
    case Protocol::kIcmp:
    case Protocol::kIcmpv6:
      return sizeof(UdpHeader);
    default:
      return 0;
  }
}

bool holds_all_headers(const Packet& packet, std::uint8_t next) noexcept {
  const std::uint32_t end = std::min(packet.contiguous, packet.l3_offset + packet.ip_length);
  std::uint32_t at = packet.l4_offset;
  while (packet.family == Family::kIpv6 && is_extension(next)) {
    if (at > end || end - at < sizeof(Ipv6ExtensionHeader)) return false;
    const auto& extension = header_at<Ipv6ExtensionHeader>(packet.data + at);
    at += next == kIpv6Fragment ? std::uint32_t{sizeof extension} : (extension.length + 1u) * 8;
    next = extension.next_header;
  }
  return at <= end && end - at >= header_size(next, packet.data + at, end - at);
}

}  // namespace

void parse_fragment(Packet& packet, std::uint32_t offset, bool more, std::uint8_t next) noexcept {
  packet.is_ip = true;
  const std::uint32_t headers = packet.l4_offset - std::uint32_t{packet.l3_offset};
  const std::uint32_t size = packet.ip_length - headers;
  // The length fields count the header in IPv4, not in IPv6.
  const std::uint32_t before =
      packet.family == Family::kIpv4
          ? headers
          : headers - std::uint32_t{sizeof(Ipv6Header) + sizeof(Ipv6ExtensionHeader)};
  if (size == 0 || (more && size % 8 != 0) || before + offset + size > 0xffff ||
      packet.largest_fragment != 0) {
    return packet.drop(DropReason::fragment_malformed);
  }
  if (offset == 0 && !holds_all_headers(packet, next)) {
    return packet.drop(DropReason::fragment_tiny);
  }
  packet.verdict = Verdict::reassemble();
}

std::uint32_t fragment_hash(const Packet& packet) noexcept {
  std::array<std::uint8_t, kToeplitzInputSize> bytes;
  if (packet.family == Family::kIpv4) {
    const auto& ip = header_at<Ipv4Header>(packet.l3());
    std::memcpy(bytes.data(), packet.l3() + offsetof(Ipv4Header, source), 8);  // and destination
    std::memcpy(bytes.data() + 8, ip.identification.bytes.data(), 2);
    bytes[10] = ip.protocol;
    return toeplitz_hash(bytes.data(), 11);
  }
  std::memcpy(bytes.data(), packet.l3() + offsetof(Ipv6Header, source), 32);
  std::memcpy(bytes.data() + 32, packet.l4() - sizeof(Wire32), sizeof(Wire32));
  return toeplitz_hash(bytes.data(), 36);
}

}  // namespace portico
