#include "include/portico/ip_address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "include/portico/quote.h"

namespace portico {

absl::string_view to_string(Family family) {
  return family == Family::kIpv4 ? "IPv4" : "IPv6";
}

absl::StatusOr<IpAddress> IpAddress::parse(absl::string_view text) {
  const std::string terminated(text);
  std::array<std::uint8_t, 16> bytes{};
  if (inet_pton(AF_INET, terminated.c_str(), bytes.data()) == 1) {
    return IpAddress(Ipv4Address::from_bytes(bytes.data()));
  }
  if (inet_pton(AF_INET6, terminated.c_str(), bytes.data()) == 1) {
    return IpAddress(Ipv6Address{bytes});
  }
  return absl::InvalidArgumentError(absl::StrCat(quote(text), " is no IP address"));
}

absl::StatusOr<IpAddress> IpAddress::from_bytes(absl::string_view bytes) {
  const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
  if (bytes.size() == Ipv4Address::kSize) return IpAddress(Ipv4Address::from_bytes(data));
  if (bytes.size() == Ipv6Address::kSize) return IpAddress(Ipv6Address::from_bytes(data));
  return absl::InvalidArgumentError(
      absl::StrCat("an IP address has 4 or 16 bytes, this has ", bytes.size()));
}

bool IpAddress::is_unspecified() const noexcept {
  return std::all_of(bytes_.begin(), bytes_.end(), [](std::uint8_t byte) { return byte == 0; });
}

bool IpAddress::is_loopback() const noexcept {
  if (is_v4()) return bytes_[0] == 127;
  return bytes_[15] == 1 &&
         std::all_of(bytes_.begin(), bytes_.end() - 1, [](std::uint8_t b) { return b == 0; });
}

bool IpAddress::is_multicast() const noexcept {
  return is_v4() ? (bytes_[0] & 0xf0) == 0xe0 : bytes_[0] == 0xff;
}

bool IpAddress::is_link_local() const noexcept {
  return is_v4() ? bytes_[0] == 169 && bytes_[1] == 254 : v6().is_link_local();
}

bool IpAddress::is_broadcast() const noexcept {
  return is_v4() && std::all_of(bytes_.begin(), bytes_.begin() + 4,
                                [](std::uint8_t byte) { return byte == 0xff; });
}

std::string IpAddress::to_string() const {
  char text[INET6_ADDRSTRLEN];
  inet_ntop(is_v4() ? AF_INET : AF_INET6, bytes_.data(), text, sizeof text);
  return text;
}

absl::StatusOr<IpPrefix> IpPrefix::parse(absl::string_view text) {
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(text, absl::MaxSplits('/', 1));
  const absl::StatusOr<IpAddress> address = IpAddress::parse(parts.first);
  if (!address.ok()) return address.status();
  unsigned length = address->bits();
  const bool has_length = text.find('/') != absl::string_view::npos;
  // SimpleAtoi() would also take a sign and white space.
  const bool is_digits = parts.second.find_first_not_of("0123456789") == absl::string_view::npos;
  if (has_length &&
      (!is_digits || !absl::SimpleAtoi(parts.second, &length) || length > address->bits())) {
    return absl::InvalidArgumentError(
        absl::StrCat(quote(text), ": the prefix length must be 0 to ", address->bits()));
  }
  const IpPrefix prefix = of(*address, length);
  if (prefix.address_ != *address) {
    return absl::InvalidArgumentError(absl::StrCat(quote(text), " has bits set beyond its length; ",
                                                   prefix.to_string(), " is meant?"));
  }
  return prefix;
}

IpPrefix IpPrefix::of(IpAddress address, unsigned length) {
  std::array<std::uint8_t, 16> bytes{};
  std::copy_n(address.data(), address.size(), bytes.begin());
  for (unsigned bit = length; bit < address.bits(); ++bit) {
    bytes[bit / 8] = static_cast<std::uint8_t>(bytes[bit / 8] & ~(0x80u >> (bit % 8)));
  }
  IpPrefix prefix;
  prefix.address_ = address.is_v4() ? IpAddress(Ipv4Address::from_bytes(bytes.data()))
                                    : IpAddress(Ipv6Address{bytes});
  prefix.length_ = length;
  return prefix;
}

bool IpPrefix::contains(const IpAddress& address) const noexcept {
  return address.family() == family() && of(address, length_).address_ == address_;
}

std::string IpPrefix::to_string() const {
  return absl::StrCat(address_.to_string(), "/", length_);
}

std::string to_string(const IpAddress& address, L4Port port) {
  return address.is_v4() ? absl::StrCat(address.to_string(), ":", port.host())
                         : absl::StrCat("[", address.to_string(), "]:", port.host());
}

absl::StatusOr<MacAddress> MacAddress::parse(absl::string_view text) {
  const std::vector<absl::string_view> parts = absl::StrSplit(text, ':');
  MacAddress mac;
  bool good = parts.size() == mac.bytes.size();
  for (std::size_t i = 0; good && i < parts.size(); ++i) {
    std::uint32_t byte = 0;
    good = parts[i].size() == 2 && absl::SimpleHexAtoi(parts[i], &byte);
    mac.bytes[i] = static_cast<std::uint8_t>(byte);
  }
  if (!good) return absl::InvalidArgumentError(absl::StrCat(quote(text), " is no MAC address"));
  return mac;
}

std::string MacAddress::to_string() const {
  return absl::StrFormat("%02x:%02x:%02x:%02x:%02x:%02x", bytes[0], bytes[1], bytes[2], bytes[3],
                         bytes[4], bytes[5]);
}

}  // namespace portico
