#include "dataplane/net/owner_hash.h"

#include <cstring>

namespace portico {

namespace {

// The hash is linear: the exclusive or of what each input byte contributes at its position. So the
// contributions are tabulated once, and hashing n bytes is n loads from a table of 1 KB each.
using ByteTable = std::array<std::uint32_t, 256>;
using Tables = std::array<ByteTable, kToeplitzInputSize>;

// The 32 key bits from bit `at` on.
constexpr std::uint32_t key_window(std::size_t at) noexcept {
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < 5; ++i) {
    const std::size_t byte = at / 8 + i;
    bits = bits << 8 | (byte < kToeplitzKeySize ? kToeplitzKey[byte] : 0u);
  }
  return static_cast<std::uint32_t>(bits >> (8 - at % 8));
}

constexpr Tables make_tables() noexcept {
  Tables tables{};
  for (std::size_t position = 0; position < tables.size(); ++position) {
    ByteTable& table = tables[position];
    for (unsigned bit = 0; bit < 8; ++bit) {
      // Input bits count from the most significant one of a byte.
      const std::uint32_t window = key_window(8 * position + 7 - bit);
      const std::size_t value = std::size_t{1} << bit;
      for (std::size_t lower = 0; lower < value; ++lower) {
        table[value + lower] = table[lower] ^ window;
      }
    }
  }
  return tables;
}

alignas(64) constexpr Tables kTables = make_tables();

}  // namespace

std::uint32_t toeplitz_hash(const std::uint8_t* bytes, std::size_t size) noexcept {
  std::uint32_t hash = 0;
  for (std::size_t i = 0; i < size; ++i) hash ^= kTables[i][bytes[i]];
  return hash;
}

template <typename Address>
std::uint32_t client_side_hash(const Address& address, L4Port port) noexcept {
  std::array<std::uint8_t, Address::kSize + sizeof(L4Port)> input;
  address.copy_to(input.data());
  const std::uint16_t wire = port.wire();
  std::memcpy(input.data() + Address::kSize, &wire, sizeof wire);
  std::uint32_t hash = 0;
  for (std::size_t i = 0; i < input.size(); ++i) hash ^= kTables[i][input[i]];
  return hash;
}

template std::uint32_t client_side_hash(const Ipv4Address&, L4Port) noexcept;
template std::uint32_t client_side_hash(const Ipv6Address&, L4Port) noexcept;

}  // namespace portico
