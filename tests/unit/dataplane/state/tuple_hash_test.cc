#include "dataplane/state/tuple_hash.h"

#include <bit>
#include <cmath>
#include <cstdint>
#include <set>
#include <vector>

#include "gtest/gtest.h"

namespace portico {
namespace {

Ipv4Address v4(std::uint32_t host) {
  return {Be32::from_host(host)};
}
Ipv6Address v6(std::uint32_t host) {
  Ipv6Address address = IpAddress::parse("2001:db8::").value().v6();
  v4(host).copy_to(address.bytes.data() + 12);
  return address;
}
template <typename Address>
Address make(std::uint32_t host) {
  if constexpr (Address::kSize == 4) return v4(host);
  if constexpr (Address::kSize == 16) return v6(host);
}

template <typename Address>
Tuple<Address> tuple_of(std::uint32_t client, std::uint16_t port) {
  return {make<Address>(0x0a140000 + client), make<Address>(0x0a64033b), L4Port::from_host(port),
          L4Port::from_host(80), Protocol::kTcp};
}

template <typename Address>
class TupleHashTest : public testing::Test {};
using Families = testing::Types<Ipv4Address, Ipv6Address>;
TYPED_TEST_SUITE(TupleHashTest, Families);

// Clients and ports that count up, as they do: buckets must fill as if by chance. The statistic is
// chi-square distributed with `buckets` - 1 degrees of freedom, so nearly normal.
TYPED_TEST(TupleHashTest, SpreadsConsecutiveTuplesEvenly) {
  constexpr std::size_t kBuckets = 4096;
  for (unsigned run = 0; run < 8; ++run) {
    const bool by_tag = run % 2 != 0;
    const TupleHash hash(12345 + run);
    std::vector<unsigned> buckets(kBuckets);
    constexpr unsigned kClients = 64, kPorts = 4096;
    for (std::uint32_t client = 0; client < kClients; ++client) {
      for (std::uint16_t port = 0; port < kPorts; ++port) {
        const std::uint64_t h = hash(tuple_of<TypeParam>(client, port));
        ++buckets[by_tag ? h % kBuckets : (h >> 32) * kBuckets >> 32];
      }
    }
    const double expected = double{kClients} * kPorts / kBuckets;
    double chi_square = 0;
    for (const unsigned n : buckets) chi_square += (n - expected) * (n - expected) / expected;
    const double deviation = (chi_square - (kBuckets - 1)) / std::sqrt(2.0 * (kBuckets - 1));
    EXPECT_LT(std::abs(deviation), 5.0) << deviation << (by_tag ? " by tag" : " by home");
  }
}

// Each input bit flips half of the hash's bits.
TYPED_TEST(TupleHashTest, EveryBitMatters) {
  const TupleHash hash(99);
  const auto flipped_by = [&](auto flip) {
    int bits = 0;
    for (std::uint32_t i = 0; i < 64; ++i) {
      Tuple<TypeParam> tuple = tuple_of<TypeParam>(i * 977, static_cast<std::uint16_t>(i * 131));
      const std::uint64_t before = hash(tuple);
      flip(tuple);
      bits += std::popcount(before ^ hash(tuple));
    }
    return bits / 64.0;
  };
  const auto flip_address = [](TypeParam& address, unsigned bit) {
    std::uint8_t bytes[TypeParam::kSize];
    address.copy_to(bytes);
    bytes[bit / 8] = static_cast<std::uint8_t>(bytes[bit / 8] ^ 1u << bit % 8);
    address = TypeParam::from_bytes(bytes);
  };
  const auto flip_port = [](L4Port& port, unsigned bit) {
    port = L4Port::from_host(static_cast<std::uint16_t>(port.host() ^ 1u << bit));
  };
  for (unsigned bit = 0; bit < 8 * TypeParam::kSize; ++bit) {
    EXPECT_NEAR(flipped_by([&](auto& t) { flip_address(t.source, bit); }), 32, 4) << bit;
    EXPECT_NEAR(flipped_by([&](auto& t) { flip_address(t.destination, bit); }), 32, 4) << bit;
  }
  for (unsigned bit = 0; bit < 16; ++bit) {
    EXPECT_NEAR(flipped_by([&](auto& t) { flip_port(t.source_port, bit); }), 32, 4) << bit;
    EXPECT_NEAR(flipped_by([&](auto& t) { flip_port(t.destination_port, bit); }), 32, 4) << bit;
  }
  EXPECT_NEAR(flipped_by([](auto& t) { t.protocol = Protocol::kUdp; }), 32, 4);
}

TYPED_TEST(TupleHashTest, TheTwoEndsAreNotExchangeable) {
  const TupleHash hash(5);
  const Tuple<TypeParam> tuple = tuple_of<TypeParam>(1, 4242);
  const Tuple<TypeParam> back = {tuple.destination, tuple.source, tuple.destination_port,
                                 tuple.source_port, tuple.protocol};
  EXPECT_NE(hash(tuple), hash(back));
}

// What collides under one seed must not do so under others: flooding needs the secret.
TYPED_TEST(TupleHashTest, CollisionsDependOnTheSeed) {
  constexpr std::uint64_t kBuckets = 256;
  const auto bucket = [](const TupleHash& hash, std::uint16_t port) {
    return hash(tuple_of<TypeParam>(1, port)) >> 32 & (kBuckets - 1);
  };
  const TupleHash known(1);
  std::vector<std::uint16_t> aimed;
  for (std::uint32_t port = 0; port < 65536; ++port) {
    if (bucket(known, static_cast<std::uint16_t>(port)) == 0) {
      aimed.push_back(static_cast<std::uint16_t>(port));
    }
  }
  ASSERT_GT(aimed.size(), 150u);
  const TupleHash other(2);
  std::set<std::uint64_t> hit;
  for (const std::uint16_t port : aimed) hit.insert(bucket(other, port));
  EXPECT_GT(hit.size(), kBuckets / 3);
}

}  // namespace
}  // namespace portico
