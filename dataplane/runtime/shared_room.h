#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

namespace portico {

// Places that several owners use, so that none can crowd out the others: half of them are kept for
// the owners, the same number for each, and the rest is for whoever comes first.
class SharedRoom {
 public:
  SharedRoom(std::size_t places, std::size_t owners)
      : kept_(places / (2 * std::max<std::size_t>(owners, 1))),
        common_(places - kept_ * owners),
        used_(owners) {}

  // False when there is no place left for this owner.
  bool take(std::size_t owner) noexcept {
    if (used_[owner] >= kept_) {
      if (common_used_ == common_) return false;
      ++common_used_;
    }
    ++used_[owner];
    return true;
  }
  void give_back(std::size_t owner, std::size_t places = 1) noexcept {
    common_used_ -= std::min(places, used_[owner] - std::min(used_[owner], kept_));
    used_[owner] -= places;
  }

 private:
  const std::size_t kept_;  // for each owner
  const std::size_t common_;
  std::size_t common_used_ = 0;
  std::vector<std::size_t> used_;
};

}  // namespace portico
