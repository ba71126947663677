#include "dataplane/state/route_table.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace portico {
namespace {

IpAddress ip(absl::string_view text) {
  return IpAddress::parse(text).value();
}
IpPrefix prefix(absl::string_view text) {
  return IpPrefix::parse(text).value();
}

// The same tests in both families: `net` in 1 ... 255 stands for a subnet, `host` for one of it.
template <typename Address>
class RouteTableTest : public testing::Test {
 protected:
  using Hop = NextHop<Address>;

  static constexpr bool kV4 = Address::kFamily == Family::kIpv4;
  static IpPrefix everything() { return prefix(kV4 ? "0.0.0.0/0" : "::/0"); }
  static IpPrefix site() { return prefix(kV4 ? "10.0.0.0/8" : "2001:db8::/32"); }
  static IpPrefix subnet() { return prefix(kV4 ? "10.1.2.0/24" : "2001:db8:1:2::/64"); }
  static IpPrefix host() { return prefix(kV4 ? "10.1.2.3/32" : "2001:db8:1:2::3/128"); }
  static Address outside() { return as(kV4 ? "192.0.2.1" : "3fff::1"); }
  static Address in_site() { return as(kV4 ? "10.9.9.9" : "2001:db8:9::9"); }
  static Address in_subnet() { return as(kV4 ? "10.1.2.9" : "2001:db8:1:2::9"); }
  static Address the_host() { return as(kV4 ? "10.1.2.3" : "2001:db8:1:2::3"); }
  static Address as(absl::string_view text) { return ip(text).as<Address>(); }

  static Hop via(std::uint16_t port) {
    return {PortId{port}, false, as(kV4 ? "10.9.0.1" : "fe80::1")};
  }

  void set(const IpPrefix& p, const Hop& hop) {
    ASSERT_TRUE(table_.set(p, hop).ok());
    settle();
  }
  void erase(const IpPrefix& p) {
    table_.erase(p);
    settle();
  }
  void settle() {
    table_.publish();
    table_.release();
  }
  // The port that leads to `address`, or -1.
  int port(const Address& address) const {
    const Hop* const hop = table_.find(address);
    return hop == nullptr ? -1 : hop->port.value;
  }

  RouteTable<Address> table_{64};
};

using Families = testing::Types<Ipv4Address, Ipv6Address>;
TYPED_TEST_SUITE(RouteTableTest, Families);

TYPED_TEST(RouteTableTest, EmptyTableHasNoRoute) {
  EXPECT_EQ(this->port(this->outside()), -1);
}

TYPED_TEST(RouteTableTest, LongestPrefixWins) {
  this->set(this->subnet(), this->via(3));
  this->set(this->everything(), this->via(1));
  this->set(this->host(), this->via(4));
  this->set(this->site(), this->via(2));
  EXPECT_EQ(this->port(this->outside()), 1);
  EXPECT_EQ(this->port(this->in_site()), 2);
  EXPECT_EQ(this->port(this->in_subnet()), 3);
  EXPECT_EQ(this->port(this->the_host()), 4);
  EXPECT_EQ(this->table_.size(), 4);
}

TYPED_TEST(RouteTableTest, TheNextLongerTakesOverFromAnErasedOne) {
  this->set(this->everything(), this->via(1));
  this->set(this->site(), this->via(2));
  this->set(this->host(), this->via(4));
  this->erase(this->host());
  EXPECT_EQ(this->port(this->the_host()), 2);
  this->erase(this->site());
  EXPECT_EQ(this->port(this->the_host()), 1);
  this->erase(this->everything());
  EXPECT_EQ(this->port(this->the_host()), -1);
  this->erase(this->everything());
  EXPECT_EQ(this->table_.size(), 0);
}

TYPED_TEST(RouteTableTest, CountsWhatChangesWhenItIsPublished) {
  const std::uint32_t before = this->table_.changes();
  ASSERT_TRUE(this->table_.set(this->subnet(), this->via(3)).ok());
  ASSERT_TRUE(this->table_.set(this->site(), this->via(2)).ok());
  EXPECT_EQ(this->table_.changes(), before);
  this->table_.publish();
  EXPECT_EQ(this->table_.changes(), before + 1);
  this->table_.release();
  this->set(this->subnet(), this->via(3));
  EXPECT_EQ(this->table_.changes(), before + 1) << "the route was there";
  this->erase(this->subnet());
  EXPECT_EQ(this->table_.changes(), before + 2);
  this->erase(this->subnet());
  EXPECT_EQ(this->table_.changes(), before + 2);
}

TYPED_TEST(RouteTableTest, KeepsTheWholeNextHop) {
  const NextHop<TypeParam> on_link{PortId{7}, true, {}};
  this->set(this->subnet(), on_link);
  this->set(this->site(), this->via(7));
  ASSERT_NE(this->table_.find(this->in_subnet()), nullptr);
  EXPECT_EQ(*this->table_.find(this->in_subnet()), on_link);
  EXPECT_EQ(*this->table_.find(this->in_site()), this->via(7));
}

TYPED_TEST(RouteTableTest, ReplacesTheNextHop) {
  for (std::uint16_t port = 1; port < 300; ++port) {
    this->set(this->everything(), this->via(port));
    this->set(this->subnet(), this->via(static_cast<std::uint16_t>(port + 1)));
    ASSERT_EQ(this->port(this->outside()), port);
    ASSERT_EQ(this->port(this->the_host()), port + 1);
  }
  EXPECT_EQ(this->table_.size(), 2);
}

TYPED_TEST(RouteTableTest, HostRoutesUpToItsCapacity) {
  const auto nth = [this](std::uint32_t i) {
    IpAddress address = this->the_host();
    std::array<std::uint8_t, 16> bytes{};
    std::copy_n(address.data(), address.size(), bytes.begin());
    bytes[2] = static_cast<std::uint8_t>(i);  // IPv4: each in a group of its own
    bytes[15] = static_cast<std::uint8_t>(i);
    if (!address.is_v4()) bytes[2] = 0x0d;
    return IpAddress(TypeParam::from_bytes(bytes.data()));
  };
  for (int round = 0; round < 3; ++round) {
    for (std::uint32_t i = 0; i < 64; ++i) {
      const auto port = static_cast<std::uint16_t>(i);
      ASSERT_TRUE(this->table_.set(IpPrefix::of(nth(i), nth(i).bits()), this->via(port)).ok()) << i;
    }
    const absl::Status status = this->table_.set(this->everything(), this->via(1));
    EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
    this->settle();
    for (std::uint32_t i = 0; i < 64; ++i) {
      ASSERT_EQ(this->port(nth(i).template as<TypeParam>()), i);
    }
    for (std::uint32_t i = 0; i < 64; ++i) this->table_.erase(IpPrefix::of(nth(i), nth(i).bits()));
    // The next round fills the table again; what was removed waits in the first of them.
    this->settle();
  }
}

TYPED_TEST(RouteTableTest, ChangesWaitingForReleaseTakeNoCapacity) {
  for (std::uint16_t i = 0; i < 64; ++i) {
    const auto p = IpPrefix::of(this->the_host(), 1U + i % 32U);
    ASSERT_TRUE(this->table_.set(p, this->via(i)).ok());
    this->table_.erase(p);
  }
  ASSERT_TRUE(this->table_.set(this->subnet(), this->via(99)).ok());
  this->settle();
  EXPECT_EQ(this->port(this->in_subnet()), 99);
}

TEST(RouteTable, Ipv6ChangesAppearTogether) {
  RouteTable<Ipv6Address> table(16);
  const Ipv6Address there = ip("2001:db8::1").v6();
  ASSERT_TRUE(table.set(prefix("2001:db8::/32"), NextHop<Ipv6Address>{PortId{1}, true, {}}).ok());
  EXPECT_EQ(table.find(there), nullptr);
  table.publish();
  ASSERT_NE(table.find(there), nullptr);
  table.release();
  EXPECT_NE(table.find(there), nullptr);
  table.erase(prefix("2001:db8::/32"));
  EXPECT_NE(table.find(there), nullptr);
  table.publish();
  EXPECT_EQ(table.find(there), nullptr);
  table.release();
}

TEST(RouteTable, Ipv6RefusesWhatItsLevelsHaveNoRoomFor) {
  RouteTable<Ipv6Address> table(16);  // 80 groups: six hosts that share nothing
  absl::Status status;
  std::uint8_t routes = 0;
  while (status.ok()) {
    Ipv6Address address;
    address.bytes.fill(++routes);
    status = table.set(IpPrefix::of(address, 128), NextHop<Ipv6Address>{PortId{1}, true, {}});
  }
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(routes, 7);
  EXPECT_EQ(table.size(), 6);
  table.publish();
  Ipv6Address address;
  address.bytes.fill(6);
  EXPECT_NE(table.find(address), nullptr);
  address.bytes.fill(7);
  EXPECT_EQ(table.find(address), nullptr);
}

// While host routes come and go around it, each taking its level of the table with it, a subnet's
// hosts never lose their route, nor get another's. The reader is quiescent when the writer says so.
TYPED_TEST(RouteTableTest, ReaderNeverLosesARouteThatStays) {
  this->set(this->subnet(), this->via(1));
  std::atomic<std::uint64_t> passes = 0;
  std::atomic<bool> stop = false;
  std::uint64_t wrong = 0;
  const TypeParam address = this->in_subnet();
  std::thread reader([&] {
    while (!stop) {
      for (int i = 0; i < 32; ++i) wrong += this->port(address) == 1 ? 0U : 1U;
      ++passes;
    }
  });
  for (int round = 0; round < 40; ++round) {
    ASSERT_TRUE(this->table_.set(this->host(), this->via(2)).ok());
    ASSERT_TRUE(this->table_.set(this->site(), this->via(3)).ok());
    this->table_.publish();
    for (const std::uint64_t now = passes; passes < now + 2;) std::this_thread::yield();
    this->table_.release();
    this->table_.erase(this->host());
    this->table_.erase(this->site());
    this->table_.publish();
    for (const std::uint64_t now = passes; passes < now + 2;) std::this_thread::yield();
    this->table_.release();
  }
  stop = true;
  reader.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace portico
