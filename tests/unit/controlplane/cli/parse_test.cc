#include "controlplane/cli/parse.h"

#include <gtest/gtest.h>

#include <string>

namespace portico::cli {
namespace {

TEST(ParseGateway, TakesSocketsAndHosts) {
  for (const char* text : {"unix:/run/p.sock", "unix:///run/p.sock", "/run/p.sock"}) {
    const auto gateway = parse_gateway(text);
    ASSERT_TRUE(gateway.ok()) << text;
    EXPECT_EQ(gateway->text, "unix:/run/p.sock");
    EXPECT_EQ(gateway->socket_path, "/run/p.sock");
  }
  for (const char* text : {"localhost:9000", "10.0.0.1:1", "[2001:db8::1]:65535"}) {
    const auto gateway = parse_gateway(text);
    ASSERT_TRUE(gateway.ok()) << text;
    EXPECT_EQ(gateway->text, text);
    EXPECT_EQ(gateway->socket_path, "");
  }
}

TEST(ParseGateway, RefusesTheRest) {
  // unix(7): sun_path has 108 bytes, the last of which is a zero.
  EXPECT_TRUE(parse_gateway("unix:" + std::string(107, 'x')).ok());
  EXPECT_FALSE(parse_gateway("unix:" + std::string(108, 'x')).ok());
  for (const char* text : {"", "unix:", "host", "host:", "host:0", "host:65536", ":9000",
                           "2001:db8::1:9000", "dns:///host:9000", "http://host:9000"}) {
    EXPECT_FALSE(parse_gateway(text).ok()) << text;
  }
}

TEST(ParseSocket, TakesBothFamiliesWithAndWithoutPort) {
  struct Case {
    const char* text;
    const char* address;
    int port;
  };
  for (const auto& [text, address, port] :
       {Case{"10.20.0.10:40000", "10.20.0.10", 40000}, Case{"10.20.0.10", "10.20.0.10", 0},
        Case{"[2001:db8::1]:80", "2001:db8::1", 80}, Case{"[2001:db8::1]", "2001:db8::1", 0},
        Case{"2001:db8::1", "2001:db8::1", 0}, Case{"::1", "::1", 0}}) {
    const auto socket = parse_socket(text);
    ASSERT_TRUE(socket.ok()) << text;
    EXPECT_EQ(socket->address.to_string(), address);
    EXPECT_EQ(socket->port, port);
  }
}

TEST(ParseSocket, RefusesTheRest) {
  for (const char* text :
       {"", ":80", "10.0.0.1:", "10.0.0.1:x", "10.0.0.1:65536", "10.0.0.1:-1", "10.0.0.1:+1",
        "10.0.0.1: 1", "10.0.0:80", "[2001:db8::1", "[2001:db8::1]80", "[2001:db8::1]:", "[]:80",
        "2001:db8:::80", "web:80"}) {
    EXPECT_FALSE(parse_socket(text).ok()) << text;
  }
}

// Bits as in RFC 9293 section 3.1.
TEST(ParseTcpFlags, TakesNamesInAnyCase) {
  EXPECT_EQ(*parse_tcp_flags("FIN"), 0x01u);
  EXPECT_EQ(*parse_tcp_flags("syn,Ack"), 0x12u);
  EXPECT_EQ(*parse_tcp_flags("RST,PSH,URG"), 0x2cu);
  EXPECT_EQ(*parse_tcp_flags("ECE,CWR"), 0xc0u);
  for (const char* text : {"", "SYN,", "SYN ACK", "S"}) {
    EXPECT_FALSE(parse_tcp_flags(text).ok()) << text;
  }
  EXPECT_EQ(tcp_flags_to_string(0x12), "SYN,ACK");
}

TEST(ParseTimeout, TakesDurations) {
  EXPECT_EQ(*parse_timeout("1m30s"), absl::Seconds(90));
  EXPECT_EQ(*parse_timeout("500ms"), absl::Milliseconds(500));
  EXPECT_EQ(*parse_timeout("0"), absl::InfiniteDuration());
  for (const char* text : {"", "10", "-1s", "soon"}) {
    EXPECT_FALSE(parse_timeout(text).ok()) << text;
  }
}

}  // namespace
}  // namespace portico::cli
