#pragma once

#include <cstdint>

#include "absl/strings/string_view.h"

namespace portico {

// IANA protocol numbers, as they stand in the IPv4 protocol and IPv6 next-header fields.
enum class Protocol : std::uint8_t {
  kIcmp = 1,
  kTcp = 6,
  kUdp = 17,
  kIcmpv6 = 58,
  kSctp = 132,
};

// "TCP", "UDP", "SCTP", "ICMP", "ICMPv6" or "other".
constexpr absl::string_view to_string(Protocol protocol) noexcept {
  switch (protocol) {
    case Protocol::kIcmp:
      return "ICMP";
    case Protocol::kTcp:
      return "TCP";
    case Protocol::kUdp:
      return "UDP";
    case Protocol::kIcmpv6:
      return "ICMPv6";
    case Protocol::kSctp:
      return "SCTP";
  }
  return "other";
}

}  // namespace portico
