#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace portico {

// Builds the lookup table of Maglev hashing (Eisenbud et al., NSDI 2016, section 3.4) over the
// endpoints with these names: `size` entries (a prime), each an index into `names`. Gateways that
// know the same names build the same table, in whatever order they learned them. Empty when `names`
// is empty. Requires names.size() < 65,536.
std::vector<std::uint16_t> build_maglev(const std::vector<std::string>& names, std::uint32_t size);

// The smallest of the table sizes 251, 1021, 4093, 16381, 65521 that is at least 100 times the
// number of endpoints (at most 1 % imbalance, section 5.3), or the largest.
std::uint32_t maglev_size(std::size_t endpoints);

}  // namespace portico
