#include "controlplane/config/addresses.h"

#include <algorithm>
#include <array>

#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace portico {
namespace {

// ::ffff:0:0/96, RFC 4291 section 2.5.5.2: an IPv4 address in IPv6 text, on no wire.
bool is_v4_mapped(const IpAddress& address) {
  static constexpr std::array<std::uint8_t, 12> kMapped = {0, 0, 0, 0, 0,    0,
                                                           0, 0, 0, 0, 0xff, 0xff};
  return !address.is_v4() && std::equal(kMapped.begin(), kMapped.end(), address.data());
}

// Whether all bits of `address` behind the first `length` are one.
bool ends_in_ones(const IpAddress& address, unsigned length) {
  for (unsigned bit = length; bit < address.bits(); ++bit) {
    if ((address.data()[bit / 8] & (0x80u >> (bit % 8))) == 0) return false;
  }
  return true;
}

}  // namespace

absl::string_view why_no_host(const IpAddress& address) {
  if (address.is_unspecified()) return "is the unspecified address";
  if (address.is_loopback()) return "is a loopback address";
  if (address.is_multicast()) return "is a multicast address";
  if (address.is_broadcast()) return "is the broadcast address";
  // RFC 1122 section 3.2.1.3 and RFC 1112 section 4: 0.0.0.0/8 and 240.0.0.0/4.
  if (address.is_v4() && address.data()[0] == 0) return "is in 0.0.0.0/8, which names no host";
  if (address.is_v4() && address.data()[0] >= 240) return "is in the reserved 240.0.0.0/4";
  if (is_v4_mapped(address)) return "is an IPv4-mapped address; write it as IPv4";
  return "";
}

absl::string_view why_no_host_of(const IpAddress& address, const IpPrefix& subnet) {
  if (!subnet.contains(address) || subnet.length() + 1 >= address.bits()) return "";
  if (address == subnet.address()) {
    return address.is_v4() ? "is the address of the network itself"
                           : "is the subnet-router anycast address";
  }
  if (address.is_v4() && ends_in_ones(address, subnet.length())) {
    return "is the broadcast address of its network";
  }
  return "";
}

std::optional<InterfaceAddress> read_interface_address(absl::string_view text,
                                                       absl::string_view field,
                                                       FieldFaults* faults) {
  const std::size_t slash = text.find('/');
  const absl::StatusOr<IpAddress> address = IpAddress::parse(text.substr(0, slash));
  if (!address.ok()) {
    faults->add(field, address.status().message());
    return std::nullopt;
  }
  if (slash == absl::string_view::npos) {
    faults->add(field, absl::StrCat("needs the length of its network's prefix: \"", text,
                                    address->is_v4() ? "/24\"" : "/64\""));
    return std::nullopt;
  }
  unsigned length = 0;
  const absl::string_view digits = text.substr(slash + 1);
  if (digits.find_first_not_of("0123456789") != absl::string_view::npos ||
      !absl::SimpleAtoi(digits, &length) || length == 0 || length > address->bits()) {
    faults->add(field, absl::StrCat("the prefix length must be between 1 and ", address->bits()));
    return std::nullopt;
  }
  absl::string_view why = why_no_host(*address);
  if (why.empty()) why = why_no_host_of(*address, IpPrefix::of(*address, length));
  if (!why.empty()) {
    faults->add(field, absl::StrCat(address->to_string(), " ", why));
    return std::nullopt;
  }
  return InterfaceAddress{*address, length};
}

std::optional<IpAddress> read_host_address(absl::string_view text, absl::string_view field,
                                           FieldFaults* faults) {
  const absl::StatusOr<IpAddress> address = IpAddress::parse(text);
  if (!address.ok()) {
    faults->add(field, address.status().message());
    return std::nullopt;
  }
  if (const absl::string_view why = why_no_host(*address); !why.empty()) {
    faults->add(field, absl::StrCat(address->to_string(), " ", why));
    return std::nullopt;
  }
  return *address;
}

bool overlap(const IpPrefix& a, const IpPrefix& b) {
  return a.length() <= b.length() ? a.contains(b.address()) : b.contains(a.address());
}

}  // namespace portico
