#pragma once

// Which addresses can be what. Each function adds a fault and returns nothing when the text is
// none.

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "controlplane/config/field_faults.h"
#include "include/portico/gateway_config.h"
#include "include/portico/ip_address.h"

namespace portico {

// Why `address` cannot be the address of a host, as a clause: "is a multicast address"; empty when
// it can.
absl::string_view why_no_host(const IpAddress& address);

// Why `address` cannot be a host's on the link of `subnet`: it is the network's own address or the
// broadcast address (RFC 1122 section 3.2.1.3; not on a /31, RFC 3021) or the subnet-router anycast
// address (RFC 4291 section 2.6.1; not on a /127, RFC 6164). Empty when it can.
absl::string_view why_no_host_of(const IpAddress& address, const IpPrefix& subnet);

// "10.20.0.1/24".
std::optional<InterfaceAddress> read_interface_address(absl::string_view text,
                                                       absl::string_view field,
                                                       FieldFaults* faults);

// "10.20.0.1".
std::optional<IpAddress> read_host_address(absl::string_view text, absl::string_view field,
                                           FieldFaults* faults);

// Whether some address is in both.
bool overlap(const IpPrefix& a, const IpPrefix& b);

}  // namespace portico
