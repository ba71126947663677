// The route table against a plain list in which the longest prefix is searched for.

#include "dataplane/state/route_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

#include "tests/support/property_seed.h"

namespace portico {
namespace {

constexpr std::uint32_t kCapacity = 100;

template <typename Address>
class RouteTableProperty : public testing::Test {
 protected:
  using Hop = NextHop<Address>;
  // The hop's port is enough to tell hops apart.
  using Model = std::vector<std::pair<IpPrefix, std::uint16_t>>;

  std::uint32_t pick(std::uint32_t below) {
    return std::uniform_int_distribution<std::uint32_t>(0, below - 1)(random_);
  }

  // Few different bytes, so that prefixes contain each other and addresses hit them.
  IpAddress address() {
    std::array<std::uint8_t, 16> bytes;
    for (std::uint8_t& byte : bytes) {
      constexpr std::array<std::uint8_t, 4> kBytes = {0x00, 0x01, 0x80, 0xff};
      byte = kBytes[pick(4)];
    }
    bytes[0] = 10;
    return Address::from_bytes(bytes.data());
  }

  IpPrefix prefix() {
    const IpAddress a = address();
    // Lengths around the ends of the tables' levels come up more often; short ones, each of which
    // takes the tables' millions of entries, less.
    const std::uint32_t level = pick(20) == 0 ? 0 : 8 * (1 + pick(a.bits() / 8));
    return IpPrefix::of(a, std::min(level + pick(pick(2) == 0 ? 3 : 8), a.bits()));
  }

  static int longest(const Model& model, const IpAddress& a) {
    int port = -1;
    unsigned length = 0;
    for (const auto& [prefix, hop] : model) {
      if (!prefix.contains(a) || prefix.length() < length) continue;
      length = prefix.length();
      port = hop;
    }
    return port;
  }

  static typename Model::iterator at(Model& model, const IpPrefix& p) {
    return std::find_if(model.begin(), model.end(),
                        [&](const auto& rule) { return rule.first == p; });
  }

  void set_some() {
    const IpPrefix p = prefix();
    const auto port = static_cast<std::uint16_t>(pick(20));
    const auto known = at(model_, p);
    const absl::Status status =
        table_.set(p, Hop{PortId{port}, false, Address::from_bytes(p.address().data())});
    if (!status.ok()) {
      // Full, or without room for the levels that IPv6 needs below the prefix.
      EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
      EXPECT_TRUE(model_.size() == kCapacity || Address::kFamily == Family::kIpv6);
      ++refused_;
    } else if (known != model_.end()) {
      known->second = port;
    } else {
      model_.emplace_back(p, port);
    }
  }

  void erase_some() {
    const IpPrefix p = model_.empty() || pick(10) == 0 ? prefix() : model_[pick(size())].first;
    table_.erase(p);
    if (const auto known = at(model_, p); known != model_.end()) model_.erase(known);
  }

  std::uint32_t size() const { return static_cast<std::uint32_t>(model_.size()); }

  const std::uint32_t seed_ = static_cast<std::uint32_t>(property_seed());
  std::mt19937 random_{seed_};
  RouteTable<Address> table_{kCapacity};
  Model model_;
  std::uint32_t refused_ = 0;
};

using Families = testing::Types<Ipv4Address, Ipv6Address>;
TYPED_TEST_SUITE(RouteTableProperty, Families);

TYPED_TEST(RouteTableProperty, FindsWhatAListWouldFind) {
  SCOPED_TRACE(how_to_repeat(this->seed_));
  std::uint32_t fullest = 0;
  for (int round = 0; round < 200; ++round) {
    // The table fills, then empties, then fills again.
    const std::uint32_t sets_of_ten = round / 50 % 2 == 0 ? 8 : 2;
    for (std::uint32_t changes = this->pick(12); changes > 0; --changes) {
      this->pick(10) < sets_of_ten ? this->set_some() : this->erase_some();
    }
    this->table_.publish();
    this->table_.release();
    ASSERT_EQ(this->table_.size(), this->model_.size());
    fullest = std::max(fullest, this->size());
    for (int probe = 0; probe < 100; ++probe) {
      const IpAddress a = this->address();
      const auto* const hop = this->table_.find(a.template as<TypeParam>());
      ASSERT_EQ(hop == nullptr ? -1 : hop->port.value, this->longest(this->model_, a))
          << a.to_string() << " in round " << round;
    }
  }
  EXPECT_GT(fullest, kCapacity / 2) << "the test fills the table";
}

}  // namespace
}  // namespace portico
