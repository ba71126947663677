#pragma once

#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace portico {

// Whether a port's device is a PCI address, "0000:03:00.0" or "03:00.0", arguments behind a comma
// aside; else it is a virtual device with its arguments, "net_af_packet0,iface=up0".
bool is_pci_address(absl::string_view device);

// What DPDK calls the device once it is there: the part before the first comma, with the PCI
// domain.
std::string device_name(absl::string_view device);

// The value of `key` among the arguments; absent when it is not there.
std::optional<std::string> device_argument(absl::string_view device, absl::string_view key);

// The arguments that DPDK is given. An af_packet device gets as many queue pairs as there are
// workers, unless the configuration says how many: the kernel spreads the flows over them. Its
// frames are as large as af_packet_frame_size() says: what is larger, the kernel cuts off.
std::string device_arguments(absl::string_view device, std::uint16_t workers, std::uint32_t mtu);

// Bytes of an af_packet device's frame for this MTU, with the kernel's own header. The driver has
// the kernel put IPv4 fragments together before they are spread over the queues
// (PACKET_FANOUT_FLAG_DEFRAG), so there is room for eight fragments of 1,500 bytes, as many as
// Portico itself puts together.
std::uint32_t af_packet_frame_size(std::uint32_t mtu);

}  // namespace portico
