#include "dataplane/kernel/kernel_interfaces.h"

#include "absl/strings/str_cat.h"

namespace portico {

absl::StatusOr<std::unique_ptr<KernelInterfaces>> KernelInterfaces::open(
    const std::vector<PortConfig>& ports, const std::vector<MacAddress>& macs) {
  auto interfaces = std::make_unique<KernelInterfaces>();
  for (std::size_t i = 0; i < ports.size(); ++i) {
    const PortConfig& port = ports[i];
    interfaces->taps_.emplace_back();
    if (!port.kernel) continue;
    Tap::Options options{port.kernel->name, macs[i], port.mtu, {}};
    if (port.kernel->addresses) options.addresses = port.addresses;
    absl::StatusOr<Tap> tap = Tap::open(options);
    if (!tap.ok()) {
      return absl::Status(tap.status().code(),
                          absl::StrCat("port ", port.name, ": kernel interface ", port.kernel->name,
                                       ": ", tap.status().message()));
    }
    interfaces->ports_[tap->index()] = port.name;
    interfaces->taps_.back().emplace(*std::move(tap));
  }
  if (interfaces->ports_.empty()) return nullptr;
  return interfaces;
}

bool KernelInterfaces::give(PortId port, const std::uint8_t* frame, std::size_t length) noexcept {
  return taps_[port.value]->write(frame, length);
}

std::size_t KernelInterfaces::take(PortId port, std::uint8_t* frame, std::size_t room) noexcept {
  return taps_[port.value]->read(frame, room);
}

}  // namespace portico
