#include "dataplane/net/crc32c.h"

#include <string>

#include "dataplane/net/sctp.h"
#include "gtest/gtest.h"
#include "tests/support/packet/sctp_segment.h"

namespace portico {
namespace {

std::uint32_t crc32c(const std::string& text) {
  return portico::crc32c(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
}

// RFC 3720 appendix B.4, and the check value of the CRC catalogues.
TEST(Crc32c, HasThePublishedValues) {
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8a9136aau);
  EXPECT_EQ(crc32c(std::string(32, '\xff')), 0x62a8ab43u);
  std::string ascending;
  for (char c = 0; c < 32; ++c) ascending += c;
  EXPECT_EQ(crc32c(ascending), 0x46dd794eu);
  EXPECT_EQ(crc32c("123456789"), 0xe3069283u);
  EXPECT_EQ(plain_crc32c("123456789"), 0xe3069283u);
}

// A message as an SCTP packet: the four bytes of the checksum are zero in its computation.
std::string message_of(std::size_t length, std::uint32_t seed) {
  std::string message;
  while (message.size() < length) {
    seed = seed * 1664525 + 1013904223;
    message += static_cast<char>(seed >> 24);
  }
  return message.replace(8, 4, 4, '\0');
}

TEST(Crc32c, IsCorrectedWhateverTheLength) {
  std::uint32_t seed = 1;
  for (std::size_t length = 12; length <= 9600; length += length < 1600 ? 1 : 37) {
    std::string message = message_of(length, ++seed);
    const std::uint32_t before = plain_crc32c(message);
    std::uint32_t difference = 0;
    for (unsigned i = 0; i < 4; ++i) {
      const auto change = static_cast<std::uint8_t>(seed * 2654435761u >> (i * 7));
      message[i] = static_cast<char>(message[i] ^ change);
      difference |= std::uint32_t{change} << (8 * i);
    }
    ASSERT_EQ(before ^ crc32c_difference(difference, static_cast<std::uint32_t>(length)),
              plain_crc32c(message))
        << length;
  }
}

TEST(Crc32c, IsCorrectedAtTheLongestPacket) {
  std::string message = message_of(65515, 7);
  const std::uint32_t before = plain_crc32c(message);
  message[3] = static_cast<char>(message[3] ^ 0x80);
  EXPECT_EQ(before ^ crc32c_difference(0x80000000, 65515), plain_crc32c(message));
}

// Only the header is here, as in an ICMP error that quotes the packet.
TEST(Sctp, SetsPortsWithoutSeeingTheRest) {
  const std::string packet = build_sctp(1234, 80, {0}, std::string(1000, 'x'));
  SctpHeader header;
  packet.copy(reinterpret_cast<char*>(&header), sizeof header);
  set_sctp_ports(header, L4Port::from_host(40000), L4Port::from_host(8080),
                 static_cast<std::uint32_t>(packet.size()));
  std::string expected = build_sctp(40000, 8080, {0}, std::string(1000, 'x'));
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(&header), sizeof header),
            expected.substr(0, sizeof header));
}

}  // namespace
}  // namespace portico
