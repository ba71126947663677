#pragma once

// Values of fields. What is wrong with one is told as a clause that follows the name of its field.

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "include/portico/ip_address.h"
#include "proto/portico/v1/objects.pb.h"

namespace portico {

// An address that one host can have and others can reach through a gateway. Errors follow
// ValidateEndpointIP (k8s.io/kubernetes/pkg/apis/core/validation): not unspecified, loopback,
// link-local or multicast.
absl::StatusOr<IpAddress> parse_host_address(absl::string_view text);

// "10.0.0.0/8", with blanks around it or bits set beyond the length, as the API server admits and
// kube-proxy reads it (netutils.ParseCIDRSloppy).
absl::StatusOr<IpPrefix> parse_range(absl::string_view text);

// "TCP", "UDP", "SCTP"; absent is TCP.
absl::StatusOr<v1::Protocol> parse_protocol(absl::string_view text);

// 1 ... 65535.
absl::StatusOr<std::uint32_t> check_port(std::int32_t port);

// RFC 1123 section 2.1, as Kubernetes reads it: a-z, 0-9 and, within, "-"; 1 to 63 characters.
bool is_dns_label(absl::string_view text);

}  // namespace portico
