#pragma once

// What packets say of themselves, in words.

#include <string>

#include "absl/strings/string_view.h"
#include "dataplane/packet/packet.h"
#include "dataplane/state/connection.h"

namespace portico {

inline std::string text(absl::string_view view) {
  return std::string(view.data(), view.size());
}

// "10.20.0.10:40000 -> 10.100.3.59:80"
template <typename Address>
std::string addresses_text(const Tuple<Address>& tuple);
// As the packet's headers are now; an ICMP error's with those that it quotes:
// "10.12.22.151 -> 10.12.22.1, quoting 10.12.22.1:1024 -> 192.168.1.3:8080".
template <typename Address>
std::string addresses_text(const Packet& packet);

// What is quoted by an ICMP error whose quote is known.
template <typename Address>
Tuple<Address> quoted_tuple(const Packet& packet);

// "IPv4 TCP SYN  10.20.0.10:40000 -> 10.100.3.59:80", of a packet that parse() let pass; of an ICMP
// error "IPv4 ICMP fragmentation needed, MTU 1400  10.12.22.151 -> ...".
template <typename Address>
std::string packet_text(const Packet& packet);

}  // namespace portico
