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
// As the packet's headers are now.
template <typename Address>
std::string addresses_text(const Packet& packet);

// "IPv4 TCP SYN  10.20.0.10:40000 -> 10.100.3.59:80", of a packet that parse() let pass.
template <typename Address>
std::string packet_text(const Packet& packet);

}  // namespace portico
