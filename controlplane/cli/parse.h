#pragma once

// What people write on the command line, as values. Every error is InvalidArgument, names the text
// and says what would be right.

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "include/portico/ip_address.h"

namespace portico::cli {

inline constexpr char kDefaultGateway[] = "unix:/run/portico/porticod.sock";

struct GatewayAddress {
  std::string text;         // as gRPC and people write it: "unix:/path" or "host:port"
  std::string socket_path;  // of a UNIX socket; empty: TCP
};

// "unix:PATH", "unix:///PATH", a path that holds a slash at its beginning, "HOST:PORT" or
// "[IPV6]:PORT".
absl::StatusOr<GatewayAddress> parse_gateway(absl::string_view text);

struct Socket {
  IpAddress address;
  std::uint16_t port = 0;  // 0: none was written
};

// "10.20.0.10:40000", "[2001:db8::1]:80"; without a port also "10.20.0.10", "2001:db8::1" and
// "[2001:db8::1]".
absl::StatusOr<Socket> parse_socket(absl::string_view text);

// 1 to `maximum`.
absl::StatusOr<std::uint32_t> parse_number(absl::string_view text, std::uint32_t maximum);

// "SYN,ACK", in any case, as bits of RFC 9293 section 3.1.
absl::StatusOr<std::uint32_t> parse_tcp_flags(absl::string_view text);
// "SYN,ACK"
std::string tcp_flags_to_string(std::uint32_t flags);

// The name of an SCTP chunk type, as in RFC 9260 section 3.2: "COOKIE-ECHO" is 10.
absl::StatusOr<std::uint32_t> parse_sctp_chunk(absl::string_view text);
std::string sctp_chunk_to_string(std::uint32_t type);

// "10s", "1m30s", "500ms"; "0" means for ever.
absl::StatusOr<absl::Duration> parse_timeout(absl::string_view text);

}  // namespace portico::cli
