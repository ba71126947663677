#pragma once

// Big-endian integers as they stand on the wire. A value of these types never mixes with a host
// integer by accident: it is made with from_host() and read with host().

#include <bit>
#include <compare>
#include <concepts>
#include <cstdint>
#include <utility>

namespace portico {

template <std::unsigned_integral T>
constexpr T swap_bytes(T value) noexcept {
  if constexpr (sizeof(T) == 1) return value;
  if constexpr (sizeof(T) == 2) return __builtin_bswap16(value);
  if constexpr (sizeof(T) == 4) return __builtin_bswap32(value);
  if constexpr (sizeof(T) == 8) return __builtin_bswap64(value);
}

template <std::unsigned_integral T>
class BigEndian {
 public:
  constexpr BigEndian() noexcept = default;

  static constexpr BigEndian from_host(T value) noexcept { return BigEndian(to_wire(value)); }
  // `value` has the wire's byte order already, as copied from a packet.
  static constexpr BigEndian from_wire(T value) noexcept { return BigEndian(value); }

  constexpr T host() const noexcept { return to_wire(wire_); }
  constexpr T wire() const noexcept { return wire_; }

  friend constexpr bool operator==(BigEndian, BigEndian) noexcept = default;
  friend constexpr std::strong_ordering operator<=>(BigEndian a, BigEndian b) noexcept {
    return a.host() <=> b.host();
  }
  template <typename H>
  friend H AbslHashValue(H state, BigEndian value) {
    return H::combine(std::move(state), value.wire_);
  }

 private:
  explicit constexpr BigEndian(T wire) noexcept : wire_(wire) {}
  static constexpr T to_wire(T value) noexcept {
    return std::endian::native == std::endian::little ? swap_bytes(value) : value;
  }

  T wire_ = 0;
};

using Be16 = BigEndian<std::uint16_t>;
using Be32 = BigEndian<std::uint32_t>;

// A TCP, UDP or SCTP port, or the identifier of an ICMP echo, in the wire's byte order.
using L4Port = Be16;

}  // namespace portico
