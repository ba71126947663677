#include "dataplane/io/devices.h"

#include <algorithm>

namespace portico {

std::vector<DeviceUse> devices_of(const std::vector<PortConfig>& ports) {
  std::vector<DeviceUse> devices;
  for (std::size_t i = 0; i < ports.size(); ++i) {
    const PortConfig& port = ports[i];
    const auto known = std::find_if(devices.begin(), devices.end(), [&](const DeviceUse& use) {
      return use.settings.device == port.device;
    });
    if (known == devices.end()) {
      devices.push_back({port, {i}});
      continue;
    }
    PortConfig& settings = known->settings;
    settings.mtu = std::max(settings.mtu, port.mtu);
    settings.queue_depth = std::max(settings.queue_depth, port.queue_depth);
    if (!settings.mac) settings.mac = port.mac;
    if (!settings.vlan) settings.vlan = port.vlan;
    settings.uplink |= port.uplink;
    settings.downlink |= port.downlink;
    known->ports.push_back(i);
  }
  return devices;
}

}  // namespace portico
