#pragma once

// How many packet buffers the gateway has, and what they take.

#include <cstddef>
#include <cstdint>

#include "absl/status/status.h"
#include "include/portico/gateway_config.h"

namespace portico {

// Buffers that each worker's pool cache may hold back.
inline constexpr unsigned kPoolCache = 256;

// Enough for all descriptors of all ports, and for each worker its cache, the bursts in its hands,
// full rings to and from other threads, and some thousand packets that wait for neighbors.
std::uint32_t least_packet_buffers(const GatewayConfig& config, std::uint16_t workers);

// What the configuration says, or else the least.
std::uint32_t packet_buffers(const GatewayConfig& config, std::uint16_t workers);

// Whether the configuration has the least; an error that tells it when not.
absl::Status check_packet_buffers(const GatewayConfig& config, std::uint16_t workers);

// Bytes of frame in each buffer: the largest frame of any port, with a VLAN tag.
std::uint16_t packet_buffer_size(const GatewayConfig& config);

// Bytes of all pools.
std::size_t packet_memory(const GatewayConfig& config, std::uint16_t workers);

}  // namespace portico
