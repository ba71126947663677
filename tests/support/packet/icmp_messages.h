#pragma once

// The ICMP errors that conversations speak of, by name.

#include <cstdint>
#include <map>
#include <string>

namespace portico {

struct IcmpMessage {
  struct TypeAndCode {
    std::uint8_t type;
    std::uint8_t code;
    friend bool operator==(const TypeAndCode&, const TypeAndCode&) = default;
  };
  TypeAndCode v4;  // RFC 792; codes of destination unreachable: RFC 1812 section 5.2.7.1
  TypeAndCode v6;  // RFC 4443
};

inline const std::map<std::string, IcmpMessage>& icmp_messages() {
  static const std::map<std::string, IcmpMessage> kMessages = {
      {"host-unreachable", {{3, 1}, {1, 3}}}, {"port-unreachable", {{3, 3}, {1, 4}}},
      {"too-big", {{3, 4}, {2, 0}}},          {"prohibited", {{3, 13}, {1, 1}}},
      {"time-exceeded", {{11, 0}, {3, 0}}},   {"parameter-problem", {{12, 0}, {4, 0}}},
      {"source-quench", {{4, 0}, {100, 0}}},  // RFC 6633; over IPv6 an experiment's type
  };
  return kMessages;
}

}  // namespace portico
