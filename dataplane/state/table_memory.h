#pragma once

#include <cstddef>
#include <cstdint>

#include "include/portico/gateway_config.h"

namespace portico {

// What the tables of the gateway take of DPDK's memory, in bytes: an upper bound, so that enough is
// reserved before the first of them is made.
std::size_t table_memory(const CapacityConfig& capacity, std::uint16_t workers);

}  // namespace portico
