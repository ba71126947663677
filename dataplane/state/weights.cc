#include "dataplane/state/weights.h"

#include <algorithm>
#include <numeric>
#include <queue>

namespace portico {
namespace {

std::uint64_t sum_of(const std::vector<std::uint32_t>& weights) {
  return std::accumulate(weights.begin(), weights.end(), std::uint64_t{0});
}

// An endpoint and when its next turn is due: after its first half interval, then one each.
struct Due {
  std::uint32_t index;
  std::uint64_t half_intervals;  // 1, 3, 5, ...
  std::uint64_t weight;

  // Later ones first, as a heap of the earliest wants it; at the same time the first in order.
  friend bool operator<(const Due& a, const Due& b) {
    const std::uint64_t left = a.half_intervals * b.weight, right = b.half_intervals * a.weight;
    return left != right ? left > right : a.index > b.index;
  }
};

}  // namespace

AliasTable::AliasTable(const std::vector<std::uint32_t>& weights) {
  const std::uint64_t sum = sum_of(weights);
  const auto count = static_cast<std::uint32_t>(weights.size());
  std::vector<std::uint64_t> shares;  // in units of which a place has `sum`
  std::vector<std::uint32_t> poor, rich;
  for (std::uint32_t i = 0; i < count; ++i) {
    shares.push_back(std::uint64_t{weights[i]} * count);
    (shares[i] < sum ? poor : rich).push_back(i);
    places_.push_back({0xffffffff, i});
  }
  while (!poor.empty() && !rich.empty()) {
    const std::uint32_t taker = poor.back(), giver = rich.back();
    poor.pop_back();
    places_[taker] = {static_cast<std::uint32_t>((shares[taker] << 32) / sum), giver};
    shares[giver] -= sum - shares[taker];
    if (shares[giver] < sum) {
      rich.pop_back();
      poor.push_back(giver);
    }
  }
}

std::vector<std::uint32_t> take_turns(std::vector<std::uint32_t> weights) {
  std::uint32_t divisor = 0;
  for (const std::uint32_t weight : weights) divisor = std::gcd(divisor, weight);
  for (std::uint32_t& weight : weights) weight /= divisor;
  if (const std::uint64_t sum = sum_of(weights); sum > kMaxTurns) {
    for (std::uint32_t& weight : weights) {
      const std::uint64_t rounded = std::uint64_t{weight} * kMaxTurns / sum;
      weight = std::max(static_cast<std::uint32_t>(rounded), 1u);
    }
  }
  std::priority_queue<Due> queue;
  for (std::uint32_t i = 0; i < weights.size(); ++i) queue.push({i, 1, weights[i]});
  std::vector<std::uint32_t> turns(sum_of(weights));
  for (std::uint32_t& turn : turns) {
    Due due = queue.top();
    queue.pop();
    turn = due.index;
    due.half_intervals += 2;
    queue.push(due);
  }
  return turns;
}

}  // namespace portico
