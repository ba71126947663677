#include "dataplane/state/weights.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace portico {
namespace {

std::vector<std::uint32_t> counts_of(const std::vector<std::uint32_t>& chosen, std::size_t of) {
  std::vector<std::uint32_t> counts(of);
  for (const std::uint32_t index : chosen) ++counts[index];
  return counts;
}

// Over a whole grid of places and coins the shares are those of the weights.
TEST(AliasTable, SharesAreTheWeights) {
  for (const std::vector<std::uint32_t>& weights :
       {std::vector<std::uint32_t>{3, 1}, {1, 1, 1}, {1000, 1}, {1, 2, 3, 4, 5, 6, 7}, {7}}) {
    const AliasTable table(weights);
    ASSERT_EQ(table.size(), weights.size());
    constexpr std::uint32_t kCoins = 100000;
    std::vector<double> shares(weights.size());
    for (std::uint32_t place = 0; place < weights.size(); ++place) {
      for (std::uint64_t i = 0; i < kCoins; ++i) {
        const auto coin = static_cast<std::uint32_t>((i << 32) / kCoins);
        shares[table.choose(place, coin)] += 1.0 / (kCoins * static_cast<double>(weights.size()));
      }
    }
    const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
    for (std::size_t i = 0; i < weights.size(); ++i) {
      EXPECT_NEAR(shares[i], weights[i] / sum, 1e-4) << i << " of " << weights.size();
    }
  }
}

TEST(TakeTurns, InOnePeriodEachHasItsWeight) {
  EXPECT_EQ(take_turns({5, 1, 1}), (std::vector<std::uint32_t>{0, 0, 0, 1, 2, 0, 0}));
  EXPECT_EQ(take_turns({20, 10}), (std::vector<std::uint32_t>{0, 1, 0}));
  EXPECT_EQ(take_turns({4, 4}), (std::vector<std::uint32_t>{0, 1}));
  const std::vector<std::uint32_t> weights = {1, 2, 3, 10, 100};
  EXPECT_EQ(counts_of(take_turns(weights), weights.size()), weights);
}

// Smooth: at any time each has had its share of the turns so far, to within one.
TEST(TakeTurns, NobodyIsAheadOrBehindByMoreThanOne) {
  const std::vector<std::uint32_t> weights = {7, 3, 2, 1};
  const auto turns = take_turns(weights);
  const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
  std::vector<double> had(weights.size());
  for (std::size_t i = 0; i < turns.size(); ++i) {
    ++had[turns[i]];
    for (std::size_t j = 0; j < weights.size(); ++j) {
      EXPECT_LE(std::abs(had[j] - weights[j] / sum * static_cast<double>(i + 1)), 1.0);
    }
  }
}

TEST(TakeTurns, ALongPeriodIsRounded) {
  std::vector<std::uint32_t> weights(1000, 999);
  weights[0] = 1000;
  weights[1] = 1;
  const auto turns = take_turns(weights);
  EXPECT_LE(turns.size(), kMaxTurns + weights.size());
  const auto counts = counts_of(turns, weights.size());
  EXPECT_EQ(counts[1], 1u);
  EXPECT_NEAR(counts[2], kMaxTurns / 999, 1);
}

}  // namespace
}  // namespace portico
