#include "dataplane/net/parse_quote.h"

#include <algorithm>

#include "dataplane/net/headers.h"

namespace portico {
namespace {

constexpr std::uint32_t kLeastQuote = 8;  // bytes behind the quoted IP header
constexpr int kMaxExtensionHeaders = 8;   // as in parse.cc

bool is_error(Family family, std::uint8_t type) noexcept {
  constexpr std::uint8_t kUnreachable = 3, kTimeExceeded = 11, kParameterProblem = 12;
  if (family == Family::kIpv6) return type >= 1 && type <= 4;
  return type == kUnreachable || type == kTimeExceeded || type == kParameterProblem;
}

// How much of the message is the quote if extensions follow it; 0: they don't. RFC 4884 section 4:
// IPv4's messages have the length in words of 4 bytes in their sixth byte, IPv6's destination
// unreachable and time exceeded in words of 8 in their fifth.
std::uint32_t quote_length(Family family, const IcmpHeader& icmp) noexcept {
  if (family == Family::kIpv4) return icmp.rest.bytes[1] * 4u;
  return icmp.type == 1 || icmp.type == 3 ? icmp.rest.bytes[0] * 8u : 0u;
}

// Walks over a quoted IP header. All offsets are relative to the frame.
class QuotedHeader {
 public:
  QuotedHeader(const Packet& packet, std::uint32_t begin, std::uint32_t end) noexcept
      : packet_(packet), at_(begin), end_(end) {}

  enum class Result { kFound, kTruncated, kUnknown };
  Result read(Family family) noexcept {
    return family == Family::kIpv4 ? read_ipv4() : read_ipv6();
  }

  std::uint32_t l4_offset() const noexcept { return at_; }
  std::uint8_t protocol() const noexcept { return protocol_; }
  std::uint32_t l4_length() const noexcept { return l4_length_; }  // as the quoted header says

 private:
  bool has(std::uint32_t bytes) const noexcept { return end_ - at_ >= bytes; }

  Result read_ipv4() noexcept {
    if (!has(sizeof(Ipv4Header))) return Result::kTruncated;
    const auto& ip = header_at<Ipv4Header>(packet_.data + at_);
    const std::uint32_t size = ip.header_length();
    if (ip.version_and_length >> 4 != 4 || size < sizeof(Ipv4Header) ||
        ip.total_length.host() < size || (ip.fragment.host() & kIpv4FragmentOffset) != 0) {
      return Result::kUnknown;
    }
    if (!has(size)) return Result::kTruncated;
    protocol_ = ip.protocol;
    l4_length_ = ip.total_length.host() - size;
    at_ += size;
    return Result::kFound;
  }

  Result read_ipv6() noexcept {
    if (!has(sizeof(Ipv6Header))) return Result::kTruncated;
    const auto& ip = header_at<Ipv6Header>(packet_.data + at_);
    if (ip.version_and_flow.host() >> 28 != 6) return Result::kUnknown;
    protocol_ = ip.next_header;
    l4_length_ = ip.payload_length.host();
    at_ += sizeof(Ipv6Header);
    for (int count = 0; count < kMaxExtensionHeaders; ++count) {
      if (protocol_ != kIpv6HopByHop && protocol_ != kIpv6Routing && protocol_ != kIpv6Fragment &&
          protocol_ != kIpv6DestinationOptions) {
        return Result::kFound;
      }
      if (!has(sizeof(Ipv6ExtensionHeader))) return Result::kTruncated;
      const auto& extension = header_at<Ipv6ExtensionHeader>(packet_.data + at_);
      const bool is_fragment = protocol_ == kIpv6Fragment;
      const std::uint32_t size =
          is_fragment ? std::uint32_t{sizeof extension} : (extension.length + 1u) * 8;
      if (is_fragment && (extension.fragment.host() & kIpv6FragmentOffset) != 0) {
        return Result::kUnknown;
      }
      if (!has(size)) return Result::kTruncated;
      if (l4_length_ < size) return Result::kUnknown;
      protocol_ = extension.next_header;
      l4_length_ -= size;
      at_ += size;
    }
    return Result::kUnknown;
  }

  const Packet& packet_;
  std::uint32_t at_;
  std::uint32_t end_;
  std::uint8_t protocol_ = 0;
  std::uint32_t l4_length_ = 0;
};

bool has_ports(std::uint8_t protocol) noexcept {
  const auto known = static_cast<Protocol>(protocol);
  return known == Protocol::kTcp || known == Protocol::kUdp || known == Protocol::kSctp;
}

}  // namespace

void parse_quote(Packet& packet) noexcept {
  const auto& icmp = header_at<IcmpHeader>(packet.l4());
  if (!is_error(packet.family, icmp.type)) return;
  packet.quote.is_error = true;
  const std::uint32_t begin = packet.payload_offset;
  std::uint32_t end = packet.l3_offset + packet.ip_length;
  const std::uint32_t length = quote_length(packet.family, icmp);
  if (length != 0) end = std::min(end, begin + length);
  end = std::min(end, packet.contiguous);

  QuotedHeader quoted(packet, begin, end);
  switch (quoted.read(packet.family)) {
    case QuotedHeader::Result::kTruncated:
      return packet.drop(DropReason::l4_truncated);
    case QuotedHeader::Result::kUnknown:
      return;
    case QuotedHeader::Result::kFound:
      break;
  }
  const std::uint32_t here = std::min(end - quoted.l4_offset(), quoted.l4_length());
  if (here < kLeastQuote) return packet.drop(DropReason::l4_truncated);
  if (!has_ports(quoted.protocol())) return;
  packet.quote.l3_offset = static_cast<std::uint16_t>(begin);
  packet.quote.l4_offset = static_cast<std::uint16_t>(quoted.l4_offset());
  packet.quote.l4_here = static_cast<std::uint16_t>(here);
  packet.quote.l4_length = static_cast<std::uint16_t>(quoted.l4_length());
  packet.quote.protocol = static_cast<Protocol>(quoted.protocol());
  // All protocols have them in the same place.
  const auto& ports = header_at<UdpHeader>(packet.data + quoted.l4_offset());
  packet.source_port = ports.destination_port.load();
  packet.destination_port = ports.source_port.load();
}

}  // namespace portico
