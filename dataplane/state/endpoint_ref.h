#pragma once

#include <cstdint>

namespace portico {

// An endpoint as connections remember it: a slot of the endpoint table and the slot's generation
// at that time. When the endpoint goes, the slot's generation moves on and the reference leads
// nowhere; it never leads to the slot's next tenant.
struct EndpointRef {
  std::uint32_t slot = 0;
  std::uint32_t generation = 0;

  friend bool operator==(const EndpointRef&, const EndpointRef&) = default;
};

}  // namespace portico
