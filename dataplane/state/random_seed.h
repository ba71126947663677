#pragma once

#include <cstdint>
#include <random>

namespace portico {

// Sixty-four bits from the system's source of randomness. Throws when there is none.
inline std::uint64_t random_seed() {
  std::random_device device;
  return std::uint64_t{device()} << 32 | device();
}

}  // namespace portico
