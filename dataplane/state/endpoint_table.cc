#include "dataplane/state/endpoint_table.h"

#include <algorithm>

namespace portico {

EndpointTable::EndpointTable(std::uint32_t capacity)
    : capacity_(capacity),
      generations_(std::make_unique<std::atomic<std::uint32_t>[]>(std::max(capacity, 1U))) {
  free_.reserve(capacity);
  for (std::uint32_t slot = capacity; slot > 0; --slot) free_.push_back(slot - 1);
}

bool EndpointTable::allocate(EndpointRef& ref) {
  if (free_.empty()) return false;
  const std::uint32_t slot = free_.back();
  free_.pop_back();
  // Workers learn of the reference through a service entry, whose publication orders this store.
  const std::uint32_t generation = generations_[slot].load(std::memory_order_relaxed) + 1;
  generations_[slot].store(generation, std::memory_order_relaxed);
  size_.store(size() + 1, std::memory_order_relaxed);
  ref = {slot, generation};
  return true;
}

void EndpointTable::free(EndpointRef ref) {
  if (!exists(ref)) return;
  generations_[ref.slot].store(ref.generation + 1, std::memory_order_relaxed);
  departures_.fetch_add(1, std::memory_order_release);
  waiting_.push_back(ref.slot);
  size_.store(size() - 1, std::memory_order_relaxed);
}

void EndpointTable::release() {
  free_.insert(free_.end(), waiting_.begin(), waiting_.end());
  waiting_.clear();
}

}  // namespace portico
