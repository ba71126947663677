#pragma once

#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>

namespace portico {

// The seed of a property test: PORTICO_SEED from the environment, to run a failure again, or a new
// one each time. The test puts it into the message of every failure, with SCOPED_TRACE.
inline std::uint64_t property_seed() {
  if (const char* given = std::getenv("PORTICO_SEED"); given != nullptr) {
    return std::stoull(given);
  }
  std::random_device device;
  return std::uint64_t{device()} << 32 | device();
}

inline std::string how_to_repeat(std::uint64_t seed) {
  return "to repeat: PORTICO_SEED=" + std::to_string(seed);
}

}  // namespace portico
