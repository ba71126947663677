#pragma once

// Single values of the API as people read them.

#include <chrono>
#include <string>

#include "include/portico/ip_address.h"
#include "proto/portico/v1/gateway.pb.h"

namespace portico::cli {

// "TCP", "UDP", "SCTP".
std::string to_string(v1::Protocol protocol);
// "10.100.3.59:80", "[2001:db8::1]:80"; empty for a socket without an address.
std::string to_string(const v1::Connection::Socket& socket);
std::string to_string(const std::string& address, std::uint32_t port);
// "cluster-ip" for KIND_CLUSTER_IP: an enum's value without its prefix.
std::string enum_word(const std::string& name, absl::string_view prefix);

std::chrono::nanoseconds to_nanoseconds(const google::protobuf::Duration& duration);
// As people read it; empty when the gateway did not tell.
std::string to_string(const google::protobuf::Duration& duration, bool present);

// Orders addresses as numbers, IPv4 first; what is no address comes last, as text.
struct AddressOrder {
  explicit AddressOrder(const std::string& text);
  friend auto operator<=>(const AddressOrder&, const AddressOrder&) = default;

  bool malformed;
  IpAddress address;
  std::string text;  // of what is no address
};

}  // namespace portico::cli
