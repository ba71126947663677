#pragma once

#include <compare>
#include <cstdint>
#include <utility>

namespace portico {

// An index into one particular table. Ids of different tables (different tags) do not convert into
// each other, nor into integers.
template <typename Tag, typename T = std::uint32_t>
struct StrongId {
  T value = 0;

  friend constexpr bool operator==(StrongId, StrongId) noexcept = default;
  friend constexpr auto operator<=>(StrongId, StrongId) noexcept = default;
  template <typename H>
  friend H AbslHashValue(H state, StrongId id) {
    return H::combine(std::move(state), id.value);
  }
};

using WorkerId = StrongId<struct WorkerTag, std::uint16_t>;  // 0 ... workers - 1
using PortId = StrongId<struct PortTag, std::uint16_t>;  // a gateway port (NIC), 0 ... ports - 1

}  // namespace portico
