#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace portico {

// The `index`th mutation of an input of `corpus`, which must not be empty: bits flipped, bytes and
// blocks changed, inserted, removed, repeated, taken from another input, the end cut off. A
// function of its arguments alone. At most 64 KiB.
std::string mutate(const std::vector<std::string>& corpus, std::uint64_t seed, std::uint64_t index);

}  // namespace portico
