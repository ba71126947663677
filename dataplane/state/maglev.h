#pragma once

// Theory of operation
//
// Maglev hashing (Eisenbud et al., "Maglev: A Fast and Reliable Software Network Load Balancer",
// NSDI 2016, section 3.4). Each endpoint has a permutation of the table's places, given by its name
// alone: `offset`, `offset + skip`, `offset + 2 skip`, ... modulo the size, which is a prime, so
// that every place comes up once. The endpoints take turns, in the order of their names, and each
// takes the first place of its permutation that is still free, until all are taken. So all have the
// same number of places to within one turn, and when an endpoint goes, few places other than its
// own change hands.
//
// Weights are the frequency of turns (section 3.4 again): the heaviest endpoint takes one in each
// round, one of half its weight in every second round.
//
// The hashes behind offset and skip are our own and fixed: gateways of different machines,
// compilers and releases must agree.

#include <cstdint>
#include <string>
#include <vector>

namespace portico {

// As many endpoints as an entry of the table can tell apart.
inline constexpr std::size_t kMaxMaglevEndpoints = 65535;

// Builds the lookup table over the endpoints with these names: `size` entries (a prime), each an
// index into `names`. Gateways that know the same names and weights build the same table, in
// whatever order they learned them. Empty when `names` is empty. `weights` are the names', each at
// least 1; none: all the same. Requires names.size() <= kMaxMaglevEndpoints.
std::vector<std::uint16_t> build_maglev(const std::vector<std::string>& names, std::uint32_t size,
                                        const std::vector<std::uint32_t>& weights = {});

// The smallest of the table sizes 251, 1021, 4093, 16381, 65521 that is at least 100 times the
// number of endpoints (at most 1 % imbalance, section 5.3), or the largest.
std::uint32_t maglev_size(std::size_t endpoints);

}  // namespace portico
