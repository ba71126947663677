#include "dataplane/state/neighbor_table.h"

#include <algorithm>
#include <cstring>

namespace portico {

NeighborTable::NeighborTable(std::uint32_t capacity)
    : table_(capacity), slots_(std::make_unique<Slot[]>(2 * capacity)) {
  free_.reserve(2 * capacity);
  for (std::uint32_t slot = 2 * capacity; slot > 0; --slot) free_.push_back(slot - 1);
}

NeighborTable::Key NeighborTable::key_of(PortId port, const IpAddress& address) noexcept {
  Key key{.port = port, .family = address.family()};
  std::memcpy(key.address.data(), address.data(), address.size());
  return key;
}

std::optional<MacAddress> NeighborTable::find(PortId port,
                                              const IpAddress& address) const noexcept {
  const std::optional<Neighbor> neighbor = at(place_of(port, address));
  return neighbor ? std::optional(neighbor->mac()) : std::nullopt;
}

std::uint32_t NeighborTable::place_of(PortId port, const IpAddress& address) const noexcept {
  const auto index = table_.find(key_of(port, address));
  return index ? static_cast<std::uint32_t>(*index) : kNoPlace;
}

bool NeighborTable::set(PortId port, const IpAddress& address, const MacAddress& mac) {
  const Key key = key_of(port, address);
  if (const auto index = table_.find(key)) {
    slots_[*index].word.store(Neighbor(port, mac).word(), std::memory_order_relaxed);
    return true;
  }
  if (free_.empty()) return false;
  const std::uint32_t index = free_.back();
  slots_[index].word.store(Neighbor(port, mac).word(), std::memory_order_relaxed);
  slots_[index].used.store(false, std::memory_order_relaxed);
  if (!table_.set(key, index)) return false;
  free_.pop_back();
  changes_.fetch_add(1, std::memory_order_release);
  return true;
}

void NeighborTable::erase(PortId port, const IpAddress& address) {
  const Key key = key_of(port, address);
  const auto index = table_.find(key);
  if (!index) return;
  table_.erase(key);
  slots_[*index].word.store(0, std::memory_order_relaxed);
  changes_.fetch_add(1, std::memory_order_release);
  waiting_.push_back(static_cast<std::uint32_t>(*index));
}

bool NeighborTable::take_used(PortId port, const IpAddress& address) {
  const auto index = table_.find(key_of(port, address));
  return index && slots_[*index].used.exchange(false, std::memory_order_relaxed);
}

void NeighborTable::release() {
  table_.release();
  free_.insert(free_.end(), waiting_.begin(), waiting_.end());
  waiting_.clear();
}

}  // namespace portico
