#pragma once

// Which worker owns a connection: a function of the client's side of it, its address and port.
// The hash is the one NICs compute for receive-side scaling (Toeplitz, with the key and the
// verification vectors of Microsoft's "Verifying the RSS Hash Calculation"), restricted to source
// or destination, so that a NIC can be made to choose the same worker.

#include <array>
#include <cstddef>
#include <cstdint>

#include "include/portico/byte_order.h"
#include "include/portico/ip_address.h"
#include "include/portico/strong_id.h"

namespace portico {

inline constexpr std::size_t kToeplitzKeySize = 40;
// The key of Microsoft's specification, to be given to every NIC.
inline constexpr std::array<std::uint8_t, kToeplitzKeySize> kToeplitzKey = {
    0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67, 0x25, 0x3d, 0x43, 0xa3,
    0x8f, 0xb0, 0xd0, 0xca, 0x2b, 0xcb, 0xae, 0x7b, 0x30, 0xb4, 0x77, 0xcb, 0x2d, 0xa3,
    0x80, 0x30, 0xf2, 0x0c, 0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac, 0x01, 0xfa};

// The key is long enough for two IPv6 addresses and two ports.
inline constexpr std::size_t kToeplitzInputSize = kToeplitzKeySize - sizeof(std::uint32_t);

// Toeplitz hash of any bytes, with kToeplitzKey. Requires size <= kToeplitzInputSize.
std::uint32_t toeplitz_hash(const std::uint8_t* bytes, std::size_t size) noexcept;

// Toeplitz hash of address and port, in wire order.
template <typename Address>
std::uint32_t client_side_hash(const Address& address, L4Port port) noexcept;

extern template std::uint32_t client_side_hash(const Ipv4Address&, L4Port) noexcept;
extern template std::uint32_t client_side_hash(const Ipv6Address&, L4Port) noexcept;

// NICs choose a queue by a redirection table; ours has 128 entries in which workers take turns.
inline constexpr std::uint32_t kRedirectionEntries = 128;
constexpr WorkerId owner_of(std::uint32_t hash, std::uint16_t workers) noexcept {
  return {static_cast<std::uint16_t>((hash % kRedirectionEntries) % workers)};
}

}  // namespace portico
