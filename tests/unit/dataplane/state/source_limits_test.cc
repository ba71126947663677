#include "dataplane/state/source_limits.h"

#include <map>
#include <random>

#include "gtest/gtest.h"

namespace portico {
namespace {

using std::chrono::milliseconds;

const Instant kBegin = Instant() + std::chrono::hours(1);
constexpr std::uint64_t kSeed = 42;

Ipv4Address v4(std::uint32_t host) {
  return {Be32::from_host(host)};
}

unsigned takes(SourceLimits& limits, Ipv4Address source, Instant now, unsigned attempts) {
  unsigned taken = 0;
  for (unsigned i = 0; i < attempts; ++i) taken += limits.take(source, now);
  return taken;
}

TEST(SourceLimits, NoneMeansNone) {
  SourceLimits limits(0, 32, 64, kSeed);
  EXPECT_EQ(takes(limits, v4(1), kBegin, 100000), 100000u);
}

TEST(SourceLimits, ASecondsWorthAtOnceThenTheRate) {
  SourceLimits limits(10, 32, 64, kSeed);
  EXPECT_EQ(takes(limits, v4(1), kBegin, 100), 10u);
  EXPECT_EQ(takes(limits, v4(1), kBegin + milliseconds(99), 100), 0u);
  EXPECT_EQ(takes(limits, v4(1), kBegin + milliseconds(100), 100), 1u);
  EXPECT_EQ(takes(limits, v4(1), kBegin + milliseconds(600), 100), 5u);
  EXPECT_EQ(takes(limits, v4(1), kBegin + std::chrono::hours(100), 100), 10u);
}

TEST(SourceLimits, AskingTakesNothing) {
  SourceLimits limits(2, 32, 64, kSeed);
  for (int left = 2; left > 0; --left) {
    for (int i = 0; i < 10; ++i) EXPECT_TRUE(limits.allows(v4(1), kBegin));
    EXPECT_TRUE(limits.take(v4(1), kBegin));
  }
  EXPECT_FALSE(limits.allows(v4(1), kBegin));
  EXPECT_TRUE(limits.allows(v4(2), kBegin));
  EXPECT_FALSE(limits.allows(v4(1), kBegin + milliseconds(499)));
  EXPECT_TRUE(limits.allows(v4(1), kBegin + milliseconds(500)));
  EXPECT_TRUE(SourceLimits(0, 32, 64, kSeed).allows(v4(1), kBegin));
}

TEST(SourceLimits, PrefixesAreSources) {
  SourceLimits limits(1, 20, 64, kSeed);
  EXPECT_TRUE(limits.take(v4(0x0a001000), kBegin));
  EXPECT_FALSE(limits.take(v4(0x0a001fff), kBegin));
  EXPECT_TRUE(limits.take(v4(0x0a002000), kBegin));
  const auto v6 = [](std::uint8_t in_prefix, std::uint8_t behind) {
    std::array<std::uint8_t, 16> bytes{0x20, 0x01, 0x0d, 0xb8};
    bytes[7] = in_prefix;
    bytes[8] = behind;
    return Ipv6Address::from_bytes(bytes.data());
  };
  EXPECT_TRUE(limits.take(v6(1, 0), kBegin));
  EXPECT_FALSE(limits.take(v6(1, 0xff), kBegin));
  EXPECT_TRUE(limits.take(v6(2, 0), kBegin));
}

// A million sources a second, twenty times as many as there are buckets: a source that has spent
// nothing is never refused, and one at its limit stays there.
TEST(SourceLimits, AFloodRefusesNobodyElseAndForgivesNobody) {
  SourceLimits limits(10, 32, 64, kSeed);
  std::mt19937 random(7);
  const Ipv4Address greedy = v4(1);
  unsigned greedy_took = 0, asked = 0;
  for (unsigned i = 0; i < 2000000; ++i) {
    const Instant now = kBegin + std::chrono::microseconds(i);
    ASSERT_TRUE(limits.take(v4(0x01000000 + i), now)) << i;
    if (i % 1000 != 0) continue;
    ++asked;
    greedy_took += limits.take(greedy, now);
  }
  EXPECT_EQ(asked, 2000u);
  EXPECT_GE(greedy_took, 29u);  // 10 at once and 10 a second
  EXPECT_LE(greedy_took, 30u);
}

// Against a map of buckets without bounds: as long as they all have room, the answers are the same.
TEST(SourceLimits, AgreesWithAMapOfBuckets) {
  SourceLimits limits(5, 32, 64, kSeed);
  std::map<std::uint32_t, double> tokens, since;
  std::mt19937 random(1);
  double now = 0;
  for (unsigned i = 0; i < 200000; ++i) {
    now += 0.001 * static_cast<double>(random() % 3);
    const auto source = static_cast<std::uint32_t>(random() % 100);
    if (!tokens.contains(source)) tokens[source] = 5;
    tokens[source] = std::min(5.0, tokens[source] + 5 * (now - since[source]));
    since[source] = now;
    const bool may = tokens[source] >= 1 - 1e-6;
    if (may) tokens[source] -= 1;
    const Instant instant =
        kBegin + std::chrono::microseconds(static_cast<std::int64_t>(now * 1e6 + 0.5));
    ASSERT_EQ(limits.take(v4(source), instant), may) << i;
  }
}

}  // namespace
}  // namespace portico
