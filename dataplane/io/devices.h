#pragma once

#include <cstddef>
#include <vector>

#include "include/portico/gateway_config.h"

namespace portico {

// A device of the configuration and its ports: one, or one for each VLAN.
struct DeviceUse {
  // What the device is opened with: as its first port, but with room for the largest frame, and
  // with the deepest queues, the MAC address and the roles, of any of them.
  PortConfig settings;
  std::vector<std::size_t> ports;  // indexes into the configuration's
};

// In the order of their first ports.
std::vector<DeviceUse> devices_of(const std::vector<PortConfig>& ports);

}  // namespace portico
