#include "controlplane/translate/values.h"

#include <algorithm>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace portico {
namespace {

absl::Status wrong(absl::string_view text, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("\"", text, "\" ", what));
}

bool is_digit(char c) {
  return absl::ascii_isdigit(static_cast<unsigned char>(c));
}

// ::ffff:0:0/96, RFC 4291 section 2.5.5.2: two ways to write one address.
bool is_v4_mapped(const IpAddress& address) {
  static const IpPrefix mapped = *IpPrefix::parse("::ffff:0:0/96");
  return mapped.contains(address);
}

}  // namespace

absl::StatusOr<IpAddress> parse_host_address(absl::string_view text) {
  const absl::StatusOr<IpAddress> address = IpAddress::parse(text);
  if (!address.ok()) return wrong(text, "is no IP address");
  if (address->is_unspecified()) return wrong(text, "is the unspecified address");
  if (address->is_loopback()) return wrong(text, "is a loopback address");
  if (address->is_link_local()) return wrong(text, "is a link-local address");
  if (address->is_multicast()) return wrong(text, "is a multicast address");
  if (address->is_broadcast()) return wrong(text, "is the broadcast address");
  if (is_v4_mapped(*address)) return wrong(text, "is an IPv4 address written as an IPv6 one");
  return address;
}

absl::StatusOr<IpPrefix> parse_range(absl::string_view text) {
  const std::vector<absl::string_view> parts =
      absl::StrSplit(absl::StripAsciiWhitespace(text), '/');
  unsigned length = 0;
  if (parts.size() != 2 || !std::all_of(parts[1].begin(), parts[1].end(), is_digit) ||
      !absl::SimpleAtoi(parts[1], &length)) {
    return wrong(text, "is no range, ADDRESS/LENGTH");
  }
  const absl::StatusOr<IpAddress> address = IpAddress::parse(parts[0]);
  if (!address.ok()) return wrong(text, "does not begin with an IP address");
  if (length > address->bits()) return wrong(text, "is longer than an address");
  if (is_v4_mapped(*address)) return wrong(text, "is an IPv4 range written as an IPv6 one");
  return IpPrefix::of(*address, length);
}

absl::StatusOr<v1::Protocol> parse_protocol(absl::string_view text) {
  if (text.empty() || text == "TCP") return v1::PROTOCOL_TCP;
  if (text == "UDP") return v1::PROTOCOL_UDP;
  if (text == "SCTP") return v1::PROTOCOL_SCTP;
  return wrong(text, "is none of TCP, UDP and SCTP");
}

absl::StatusOr<std::uint32_t> check_port(std::int32_t port) {
  if (port >= 1 && port <= 65535) return static_cast<std::uint32_t>(port);
  return absl::InvalidArgumentError(absl::StrCat("must be between 1 and 65535, is ", port));
}

bool is_dns_label(absl::string_view text) {
  if (text.empty() || text.size() > 63) return false;
  if (text.front() == '-' || text.back() == '-') return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return is_digit(c) || absl::ascii_islower(static_cast<unsigned char>(c)) || c == '-';
  });
}

}  // namespace portico
