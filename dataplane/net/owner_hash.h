#pragma once

// Which worker owns a connection: a function of the client's side of it, its address and port.
// The hash is the one NICs compute for receive-side scaling (Toeplitz, with the key and the
// verification vectors of Microsoft's "Verifying the RSS Hash Calculation"), restricted to source
// or destination, so that a NIC can be made to choose the same worker.

#include <cstdint>

#include "include/portico/ip_address.h"
#include "include/portico/strong_id.h"

namespace portico {

// Toeplitz hash of address and port, in wire order.
template <typename Address>
std::uint32_t client_side_hash(const Address& address, L4Port port) noexcept;

// NICs choose a queue by a redirection table; ours has 128 entries in which workers take turns.
inline constexpr std::uint32_t kRedirectionEntries = 128;
constexpr WorkerId owner_of(std::uint32_t hash, std::uint16_t workers) noexcept {
  return {static_cast<std::uint16_t>((hash % kRedirectionEntries) % workers)};
}

}  // namespace portico
