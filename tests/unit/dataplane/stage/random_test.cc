#include "dataplane/stage/random.h"

#include <gtest/gtest.h>

#include <array>

namespace portico {
namespace {

// The first outputs for seed 1234567 of the reference splitmix64 (upper halves).
TEST(Random, TheReferenceSequence) {
  Random random(1234567);
  EXPECT_EQ(random.next(), 6457827717110365317u >> 32);
  EXPECT_EQ(random.next(), 3203168211198807973u >> 32);
  EXPECT_EQ(random.next(), 9817491932198370423u >> 32);
}

// Chi-square with two degrees of freedom: 13.8 is exceeded once in a thousand seeds.
TEST(Random, ThirdsAreThirds) {
  Random random(42);
  std::array<int, 3> seen{};
  constexpr int kDraws = 300000;
  for (int i = 0; i < kDraws; ++i) ++seen[random.below(3)];
  double chi_square = 0;
  for (const int count : seen) {
    const double difference = count - kDraws / 3.0;
    chi_square += difference * difference / (kDraws / 3.0);
  }
  EXPECT_LT(chi_square, 13.8);
}

}  // namespace
}  // namespace portico
