#include "dataplane/net/checksum.h"

#include <gtest/gtest.h>

#include <array>

#include "dataplane/net/headers.h"

namespace portico {
namespace {

std::uint16_t on_the_wire(std::uint16_t value) {
  return Be16::from_host(value).wire();
}

// RFC 1071 section 3: the sum of 00 01 f2 03 f4 f5 f6 f7 is ddf2.
TEST(Checksum, TheExampleOfRfc1071) {
  const std::uint8_t bytes[] = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};
  ChecksumSum sum;
  sum.add(bytes, sizeof bytes);
  EXPECT_EQ(sum.fold(), on_the_wire(0xddf2));
}

TEST(Checksum, AnOddByteIsPaddedWithZero) {
  const std::uint8_t odd[] = {0x12, 0x34, 0x56};
  const std::uint8_t even[] = {0x12, 0x34, 0x56, 0x00};
  ChecksumSum a, b;
  a.add(odd, sizeof odd);
  b.add(even, sizeof even);
  EXPECT_EQ(a.fold(), b.fold());
}

// RFC 1624 section 4: HC dd2f, m 5555, m' 3285 gives 0000, where equation 2 of RFC 1141 gave ffff.
TEST(Checksum, TheExampleOfRfc1624) {
  ChecksumSum delta;
  delta.subtract_word(on_the_wire(0x5555));
  delta.add_word(on_the_wire(0x3285));
  EXPECT_EQ(update_checksum(on_the_wire(0xdd2f), delta.fold()), 0);
}

TEST(Checksum, UndoneByTheComplementOfTheDifference) {
  for (std::uint32_t word = 1; word < 0xffff; word += 257) {
    const auto checksum = static_cast<std::uint16_t>(word);
    ChecksumSum delta;
    delta.subtract_word(0x1234);
    delta.add_word(0xfedc);
    const std::uint16_t there = update_checksum(checksum, delta.fold());
    EXPECT_EQ(update_checksum(there, static_cast<std::uint16_t>(~delta.fold())), checksum);
  }
}

// Of a number of bytes that the compiler knows, beside word by word.
TEST(Checksum, SubtractsWhatItIsGivenAtOnce) {
  const std::array<std::uint8_t, 16> bytes{0,    0,    0xff, 0xff, 0x12, 0x34, 0x80, 1,
                                           0xfe, 0xdc, 0,    1,    0xff, 0xfe, 0x55, 0x55};
  ChecksumSum words, whole;
  words.subtract(bytes.data(), bytes.size());
  whole.subtract<16>(bytes.data());
  EXPECT_EQ(whole.fold(), words.fold());
}

// RFC 768: "An all zero transmitted checksum value means that the transmitter generated no
// checksum"; a computed zero is transmitted as all ones.
TEST(Checksum, UdpZero) {
  EXPECT_EQ(update_udp_checksum(0, 0x1234), 0);
  ChecksumSum delta;
  delta.subtract_word(on_the_wire(0x5555));
  delta.add_word(on_the_wire(0x3285));
  EXPECT_EQ(update_udp_checksum(on_the_wire(0xdd2f), delta.fold()), 0xffff);
}

}  // namespace
}  // namespace portico
