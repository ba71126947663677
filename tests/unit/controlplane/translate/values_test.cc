#include "controlplane/translate/values.h"

#include <string>

#include "gtest/gtest.h"

namespace portico {
namespace {

TEST(ParseHostAddress, WritesAddressesInOneWay) {
  EXPECT_EQ(parse_host_address("10.100.3.59")->to_string(), "10.100.3.59");
  // RFC 5952 section 4.
  EXPECT_EQ(parse_host_address("2001:DB8:0:0:0::80")->to_string(), "2001:db8::80");
}

TEST(ParseHostAddress, RefusesWhatNoHostHas) {
  for (const char* text :
       {"", "None", "10.0.0", "10.0.0.256", "010.0.0.1", "10.0.0.1/32", "2001:db8::/64", "0.0.0.0",
        "::", "127.0.0.1", "::1", "169.254.1.1", "fe80::1", "224.0.0.1", "ff02::1",
        "255.255.255.255", "::ffff:10.0.0.1"}) {
    EXPECT_FALSE(parse_host_address(text).ok()) << text;
  }
}

TEST(ParseProtocol, IsTcpUnlessSaid) {
  EXPECT_EQ(*parse_protocol(""), v1::PROTOCOL_TCP);
  EXPECT_EQ(*parse_protocol("TCP"), v1::PROTOCOL_TCP);
  EXPECT_EQ(*parse_protocol("UDP"), v1::PROTOCOL_UDP);
  EXPECT_EQ(*parse_protocol("SCTP"), v1::PROTOCOL_SCTP);
  EXPECT_FALSE(parse_protocol("tcp").ok());
  EXPECT_FALSE(parse_protocol("ICMP").ok());
}

TEST(CheckPort, KnowsItsRange) {
  EXPECT_EQ(*check_port(1), 1u);
  EXPECT_EQ(*check_port(65535), 65535u);
  for (const int port : {0, -1, 65536, 1 << 30}) EXPECT_FALSE(check_port(port).ok()) << port;
}

TEST(IsDnsLabel, FollowsRfc1123) {
  for (const char* text : {"a", "9", "web-1", "3com"}) EXPECT_TRUE(is_dns_label(text)) << text;
  EXPECT_TRUE(is_dns_label(std::string(63, 'a')));
  EXPECT_FALSE(is_dns_label(std::string(64, 'a')));
  for (const char* text : {"", "-a", "a-", "A", "a.b", "a_b", "a/b"}) {
    EXPECT_FALSE(is_dns_label(text)) << text;
  }
}

TEST(ParseRange, TrimsAndMasks) {
  EXPECT_EQ(parse_range(" 10.1.2.3/8\t")->to_string(), "10.0.0.0/8");
  EXPECT_EQ(parse_range("0.0.0.0/0")->to_string(), "0.0.0.0/0");
  EXPECT_EQ(parse_range("2001:DB8::1/128")->to_string(), "2001:db8::1/128");
  EXPECT_EQ(parse_range("10.0.0.0").status().message(), "\"10.0.0.0\" is no range, ADDRESS/LENGTH");
  EXPECT_EQ(parse_range("10.0.0.0/33").status().message(),
            "\"10.0.0.0/33\" is longer than an address");
}

}  // namespace
}  // namespace portico
