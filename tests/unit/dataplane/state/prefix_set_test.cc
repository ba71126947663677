#include "dataplane/state/prefix_set.h"

#include <gtest/gtest.h>

#include <random>

namespace portico {
namespace {

std::vector<IpPrefix> prefixes(const std::vector<const char*>& texts) {
  std::vector<IpPrefix> parsed;
  for (const char* text : texts) parsed.push_back(IpPrefix::parse(text).value());
  return parsed;
}
Ipv4Address v4(const char* text) {
  return IpAddress::parse(text).value().v4();
}
Ipv6Address v6(const char* text) {
  return IpAddress::parse(text).value().v6();
}

TEST(PrefixSet, FirstAndLastAddressAreIn) {
  const PrefixSet<Ipv4Address> set(prefixes({"10.1.0.0/16", "192.0.2.7", "2001:db8::/32"}));
  for (const char* in : {"10.1.0.0", "10.1.255.255", "192.0.2.7"})
    EXPECT_TRUE(set.contains(v4(in)));
  for (const char* out : {"10.0.255.255", "10.2.0.0", "192.0.2.6", "192.0.2.8", "0.0.0.0"}) {
    EXPECT_FALSE(set.contains(v4(out))) << out;
  }
  const PrefixSet<Ipv6Address> other(prefixes({"10.1.0.0/16", "2001:db8::/33"}));
  EXPECT_TRUE(other.contains(v6("2001:db8::")));
  EXPECT_TRUE(other.contains(v6("2001:db8:7fff:ffff:ffff:ffff:ffff:ffff")));
  EXPECT_FALSE(other.contains(v6("2001:db8:8000::")));
}

TEST(PrefixSet, EmptyAndAll) {
  EXPECT_TRUE(PrefixSet<Ipv4Address>(prefixes({"2001:db8::/32"})).empty());
  EXPECT_FALSE(PrefixSet<Ipv4Address>().contains(v4("10.0.0.1")));
  const PrefixSet<Ipv4Address> all(prefixes({"0.0.0.0/0"}));
  EXPECT_TRUE(all.contains(v4("0.0.0.0")) && all.contains(v4("255.255.255.255")));
}

// Against a loop over the prefixes.
TEST(PrefixSet, RandomPrefixesThatOverlap) {
  std::mt19937 random(1);
  for (int round = 0; round < 200; ++round) {
    std::vector<IpPrefix> list;
    for (auto i = random() % 12; i > 0; --i) {
      const auto word = static_cast<std::uint32_t>(random()) & 0x0f0f0000u;
      list.push_back(
          IpPrefix::of(Ipv4Address{Be32::from_host(word)}, static_cast<unsigned>(random()) % 18));
    }
    const PrefixSet<Ipv4Address> set(list);
    for (int i = 0; i < 100; ++i) {
      const Ipv4Address address{
          Be32::from_host(static_cast<std::uint32_t>(random()) & 0x0f0fffffu)};
      bool expected = false;
      for (const IpPrefix& prefix : list) expected |= prefix.contains(address);
      EXPECT_EQ(set.contains(address), expected);
    }
  }
}

}  // namespace
}  // namespace portico
