#include "dataplane/state/address_filter.h"

#include <gtest/gtest.h>

#include <array>
#include <random>
#include <set>

#include "tests/support/property_seed.h"

namespace portico {
namespace {

template <typename Address>
class AddressFilterTest : public testing::Test {
 protected:
  static Address address(std::uint32_t n) {
    std::array<std::uint8_t, 16> bytes{0x20, 1, 0xd, 0xb8};
    for (std::size_t i = 0; i < 4; ++i) {
      bytes[Address::kSize - 4 + i] = static_cast<std::uint8_t>(n >> 8 * (3 - i));
    }
    return Address::from_bytes(bytes.data());
  }
};

using Families = testing::Types<Ipv4Address, Ipv6Address>;
TYPED_TEST_SUITE(AddressFilterTest, Families);

// Random coming and going beside a set.
TYPED_TEST(AddressFilterTest, NeverMissesOneThatIsThere) {
  constexpr std::uint32_t kCapacity = 64;
  const std::uint64_t seed = property_seed();
  SCOPED_TRACE(how_to_repeat(seed));
  std::mt19937_64 random(seed);
  AddressFilter<TypeParam> filter(kCapacity);
  std::set<std::uint32_t> model;
  for (int step = 0; step < 20000; ++step) {
    const auto n = static_cast<std::uint32_t>(random() % 1000);
    if (model.erase(n) != 0) {
      filter.erase(this->address(n));
    } else if (model.size() < kCapacity) {
      filter.add(this->address(n));
      model.insert(n);
    }
    for (const std::uint32_t present : model) {
      ASSERT_TRUE(filter.may_have(this->address(present)));
    }
  }
  for (const std::uint32_t present : model) filter.erase(this->address(present));
  for (std::uint32_t n = 0; n < 1000; ++n) EXPECT_FALSE(filter.may_have(this->address(n)));
}

// Of consecutive addresses, as hosts have them, as few are taken for others as the header says.
TYPED_TEST(AddressFilterTest, TellsNearlyAllOthersApart) {
  constexpr std::uint32_t kCapacity = 4096;
  AddressFilter<TypeParam> filter(kCapacity);
  for (std::uint32_t n = 0; n < kCapacity; ++n) filter.add(this->address(n));
  std::uint32_t mistaken = 0;
  for (std::uint32_t n = kCapacity; n < 11 * kCapacity; ++n) {
    mistaken += filter.may_have(this->address(n));
  }
  EXPECT_LT(mistaken, 10 * kCapacity / 5);
}

// One bit for all: the count comes to its end, and what is there is still found.
TYPED_TEST(AddressFilterTest, CountsThatComeToTheirEndStay) {
  AddressFilter<TypeParam> filter(1);
  for (int i = 0; i < 70000; ++i) filter.add(this->address(1));
  for (int i = 0; i < 69999; ++i) filter.erase(this->address(1));
  EXPECT_TRUE(filter.may_have(this->address(1)));
}

}  // namespace
}  // namespace portico
