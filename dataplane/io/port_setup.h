#pragma once

// Opens one DPDK device and sets it up as a port of the gateway.

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "include/portico/gateway_config.h"

struct rte_mempool;

namespace portico {

// A device that runs.
struct Device {
  std::uint16_t id = 0;  // DPDK's number of it
  int socket = -1;       // NUMA node; -1: it has none
  std::uint16_t rx_queues = 0;
  std::uint16_t tx_queues = 0;
  bool sends_pieces = false;          // frames that lie in several mbufs
  std::uint64_t sends_checksums = 0;  // that it can write while sending, of kTxChecksums
  std::string driver;
  MacAddress mac;
  bool promiscuous = false;  // by us, for lack of filters
};

// Makes the device known to DPDK, or finds it there. `port` names it in errors:
//   NotFound           no driver takes the device, or its network interface does not exist
//   AlreadyExists      another port has the device
absl::StatusOr<Device> attach_device(const PortConfig& port, std::uint16_t workers);

// Configures as many queues as there are workers, or as the device has; MTU, MAC address and
// filters; and starts it. The errors name the port, the device and what it refused.
absl::Status start_device(const PortConfig& port, std::uint16_t workers, rte_mempool* pool,
                          Device& device);

// Stops the device and gives it back.
void close_device(const Device& device);

// Waits up to a few seconds for the links of all to come up; warns of those that did not.
void wait_for_links(const std::vector<PortConfig>& ports, const std::vector<Device>& devices);

}  // namespace portico
