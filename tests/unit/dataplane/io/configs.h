#pragma once

#include <string>
#include <vector>

#include "include/portico/gateway_config.h"

namespace portico {

inline PortConfig port(const std::string& name, const std::string& device) {
  PortConfig config;
  config.name = name;
  config.device = device;
  config.queue_depth = 256;
  return config;
}

inline GatewayConfig gateway(const std::vector<PortConfig>& ports) {
  GatewayConfig config;
  config.ports = ports;
  return config;
}

}  // namespace portico
