#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "include/portico/gateway_config.h"
#include "include/portico/strong_id.h"

namespace portico {

// A port as the stages see it. Set up at start, constant afterwards.
struct Port {
  PortId id;
  PortId next_on_device;  // the ports of one device, each with its own VLAN, form a ring
  std::string name;
  MacAddress mac;
  std::uint32_t mtu = 1500;  // bytes, from the IP header on
  bool uplink = false;
  bool downlink = false;
  std::optional<std::uint16_t> vlan;  // frames carry this tag; absent: untagged
  std::vector<InterfaceAddress> addresses;
  // The addresses that answers of the gateway itself carry; absent: the port has none of the
  // family.
  std::optional<Ipv4Address> v4;
  std::optional<Ipv6Address> v6;
  std::optional<KernelInterfaceConfig> kernel;

  // Has its device for itself, and no VLAN.
  bool is_untagged() const noexcept { return !vlan && next_on_device == id; }
};

// The port that `config` describes, with the MAC address that its device has.
inline Port make_port(PortId id, const PortConfig& config, const MacAddress& mac) {
  Port port;
  port.id = id;
  port.next_on_device = id;
  port.name = config.name;
  port.mac = mac;
  port.mtu = config.mtu;
  port.uplink = config.uplink;
  port.downlink = config.downlink;
  port.vlan = config.vlan;
  port.addresses = config.addresses;
  port.kernel = config.kernel;
  for (const InterfaceAddress& own : config.addresses) {
    if (own.address.is_v4() && !port.v4) port.v4 = own.address.v4();
    if (!own.address.is_v4() && !port.v6) port.v6 = own.address.v6();
  }
  return port;
}

using PortTable = std::vector<Port>;  // indexed by PortId

// The ports of a gateway; `mac_of(PortId)` is what their devices have.
template <typename MacOf>
PortTable make_port_table(const std::vector<PortConfig>& configs, MacOf&& mac_of) {
  PortTable ports;
  for (const PortConfig& config : configs) {
    const PortId id{static_cast<std::uint16_t>(ports.size())};
    ports.push_back(make_port(id, config, mac_of(id)));
    for (Port& earlier : ports) {  // the last one before this, if any
      const bool closes_ring = earlier.next_on_device.value <= earlier.id.value;
      if (earlier.id == id || !closes_ring || config.device.empty() ||
          configs[earlier.id.value].device != config.device) {
        continue;
      }
      ports.back().next_on_device = earlier.next_on_device;
      earlier.next_on_device = id;
      break;
    }
  }
  return ports;
}

}  // namespace portico
