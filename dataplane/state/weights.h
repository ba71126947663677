#pragma once

// Theory of operation
//
// Endpoints with unequal weights, prepared by the control thread so that a worker's choice costs
// the same as one among equals.
//
// AliasTable   Walker's alias method in Vose's form (IEEE TSE 17(9), 1991). Every place of the
//              table is as probable as any other; it belongs to its own endpoint up to a threshold
//              and to another one, its alias, above it. For weights {3, 1}: place 0 is all endpoint
//              0's, place 1 half endpoint 1's and half endpoint 0's.
// take_turns   The order of a round robin: in one period each has as many turns as its weight says,
//              spread as evenly as can be. For weights {5, 1, 1}: 0 0 0 1 2 0 0.

#include <cstdint>
#include <vector>

namespace portico {

class AliasTable {
 public:
  AliasTable() = default;
  // Requires at least one weight that is not 0, and a sum below 2^32.
  explicit AliasTable(const std::vector<std::uint32_t>& weights);

  bool empty() const noexcept { return places_.empty(); }
  std::size_t size() const noexcept { return places_.size(); }
  // `place` is uniform in [0, size()), `coin` in [0, 2^32).
  std::uint32_t choose(std::uint32_t place, std::uint32_t coin) const noexcept {
    return coin < places_[place].threshold ? place : places_[place].alias;
  }

 private:
  struct Place {
    std::uint32_t threshold;
    std::uint32_t alias;
  };

  std::vector<Place> places_;
};

// The longest period; weights that would need a longer one are rounded, but never to 0.
inline constexpr std::uint32_t kMaxTurns = 65536;

// One period: indexes into `weights`. Requires every weight to be at least 1.
std::vector<std::uint32_t> take_turns(std::vector<std::uint32_t> weights);

}  // namespace portico
