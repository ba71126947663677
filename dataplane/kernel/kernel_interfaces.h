#pragma once

// The kernel interfaces of all ports that have one: KernelPorts over TAP devices.

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "dataplane/kernel/tap.h"
#include "dataplane/packet/kernel_ports.h"
#include "include/portico/gateway_config.h"

namespace portico {

class KernelInterfaces : public KernelPorts {
 public:
  // Makes those that the ports' configurations ask for; null when none does. `macs`: of each port.
  // Errors as Tap::open()'s; they name the port and the interface.
  static absl::StatusOr<std::unique_ptr<KernelInterfaces>> open(
      const std::vector<PortConfig>& ports, const std::vector<MacAddress>& macs);

  // Index of an interface -> the name of its port.
  const std::map<unsigned, std::string>& ports() const { return ports_; }

  bool give(PortId port, const std::uint8_t* frame, std::size_t length) noexcept override;
  std::size_t take(PortId port, std::uint8_t* frame, std::size_t room) noexcept override;

 private:
  std::vector<std::optional<Tap>> taps_;  // by PortId
  std::map<unsigned, std::string> ports_;
};

}  // namespace portico
