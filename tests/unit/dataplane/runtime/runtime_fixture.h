#pragma once

// What the unit tests of the tables' writers start from: two ports and shared tables of little
// capacity.

#include <string>

#include "dataplane/runtime/shared_tables.h"
#include "include/portico/tables.h"

namespace portico {

inline IpAddress ip(const std::string& text) {
  return *IpAddress::parse(text);
}
inline IpPrefix prefix(const std::string& text) {
  return *IpPrefix::parse(text);
}
inline L4Port l4(std::uint16_t port) {
  return L4Port::from_host(port);
}

inline PortTable two_ports() {
  PortTable ports(2);
  ports[0].name = "uplink";
  ports[0].uplink = true;
  ports[0].addresses = {{ip("10.20.0.1"), 24}, {ip("2001:db8:20::1"), 64}};
  ports[1].id = {1};
  ports[1].name = "downlink";
  ports[1].downlink = true;
  ports[1].addresses = {{ip("10.12.22.1"), 24}, {ip("2001:db8:12::1"), 64}};
  for (Port& port : ports) {
    port.mac = {{0x02, 0, 0, 0, 0, static_cast<std::uint8_t>(port.id.value)}};
    port.v4 = port.addresses[0].address.v4();
    port.v6 = port.addresses[1].address.v6();
  }
  return ports;
}

inline GatewayConfig little_config() {
  GatewayConfig config;
  config.capacity = {
      .connections = 64, .frontends = 3, .endpoints = 4, .routes = 6, .neighbors = 2};
  config.snat.addresses = {ip("10.12.22.1"), ip("2001:db8:12::1")};
  return config;
}

}  // namespace portico
