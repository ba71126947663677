#include "include/portico/ip_address.h"

#include <gtest/gtest.h>

namespace portico {
namespace {

TEST(IpAddress, PrintsWhatItParses) {
  for (const char* text :
       {"0.0.0.0", "10.100.3.59", "255.255.255.255", "::", "::1", "2001:db8::1", "fe80::1:2:3:4"}) {
    const auto address = IpAddress::parse(text);
    ASSERT_TRUE(address.ok()) << text;
    EXPECT_EQ(address->to_string(), text);
  }
}

TEST(IpAddress, RefusesWhatIsNone) {
  for (const char* text :
       {"", "10.0.0", "10.0.0.256", "010.0.0.1 ", "2001:db8", ":::1", "1::2::3"}) {
    EXPECT_FALSE(IpAddress::parse(text).ok()) << text;
  }
}

TEST(IpAddress, TakesFourOrSixteenBytes) {
  EXPECT_EQ(IpAddress::from_bytes(absl::string_view("\x0a\x64\x03\x3b", 4))->to_string(),
            "10.100.3.59");
  EXPECT_FALSE(IpAddress::from_bytes("12345").ok());
}

TEST(IpAddress, HostOrderDoesNotLeakIntoTheWireOrder) {
  const Ipv4Address address = IpAddress::parse("1.2.3.4")->v4();
  EXPECT_EQ(address.word.host(), 0x01020304u);
}

TEST(IpPrefix, ContainsWhatSharesItsBits) {
  const auto prefix = IpPrefix::parse("192.168.0.0/23");
  ASSERT_TRUE(prefix.ok());
  EXPECT_TRUE(prefix->contains(*IpAddress::parse("192.168.1.255")));
  EXPECT_FALSE(prefix->contains(*IpAddress::parse("192.168.2.0")));
  EXPECT_FALSE(prefix->contains(*IpAddress::parse("2001:db8::")));
  EXPECT_TRUE(IpPrefix::parse("::/0")->contains(*IpAddress::parse("2001:db8::")));
}

TEST(IpPrefix, RefusesBitsBeyondItsLength) {
  EXPECT_FALSE(IpPrefix::parse("10.0.0.1/8").ok());
  EXPECT_FALSE(IpPrefix::parse("10.0.0.0/33").ok());
  EXPECT_FALSE(IpPrefix::parse("10.0.0.0/").ok());
  EXPECT_FALSE(IpPrefix::parse("10.0.0.0/+8").ok());
  EXPECT_FALSE(IpPrefix::parse("10.0.0.0/ 8").ok());
  EXPECT_EQ(IpPrefix::parse("10.0.0.1")->length(), 32u);
}

TEST(MacAddress, RoundTrip) {
  EXPECT_EQ(MacAddress::parse("02:00:00:aB:00:01")->to_string(), "02:00:00:ab:00:01");
  for (const char* text : {"", "02:00:00:00:00", "02:00:00:00:00:0g", "2:0:0:0:0:1"}) {
    EXPECT_FALSE(MacAddress::parse(text).ok()) << text;
  }
}

}  // namespace
}  // namespace portico
