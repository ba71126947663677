#include "dataplane/state/affinity_table.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace portico {
namespace {

constexpr std::uint32_t kNone = 0xffffffff;
constexpr std::uint32_t kMaxShards = 64;
constexpr std::uint32_t kLeastInShard = 256;  // so that shards fill about evenly

}  // namespace

// A hash table with chains over an array of entries, and a list of them by age.
struct alignas(64) AffinityTable::Shard {
  struct Entry {
    AffinityKey key;
    std::uint64_t hash = 0;
    EndpointRef endpoint;
    Instant last;
    std::uint32_t next = kNone;  // in the chain
    std::uint32_t newer = kNone;
    std::uint32_t older = kNone;
  };

  std::atomic_flag lock;
  std::uint32_t used = 0;
  std::uint32_t newest = kNone;
  std::uint32_t oldest = kNone;
  std::vector<Entry> entries;
  std::vector<std::uint32_t> heads;  // of chains, by hash

  explicit Shard(std::uint32_t capacity)
      : entries(capacity), heads(std::bit_ceil(capacity), kNone) {}

  std::uint32_t& head(std::uint64_t hash) noexcept { return heads[hash & (heads.size() - 1)]; }

  std::uint32_t find(const AffinityKey& key, std::uint64_t hash) noexcept {
    std::uint32_t at = head(hash);
    while (at != kNone && !(entries[at].key == key)) at = entries[at].next;
    return at;
  }

  void leave_list(std::uint32_t at) noexcept {
    const Entry& entry = entries[at];
    (entry.newer == kNone ? newest : entries[entry.newer].older) = entry.older;
    (entry.older == kNone ? oldest : entries[entry.older].newer) = entry.newer;
  }
  void become_newest(std::uint32_t at) noexcept {
    entries[at].newer = kNone;
    entries[at].older = newest;
    (newest == kNone ? oldest : entries[newest].newer) = at;
    newest = at;
  }

  void leave_chain(std::uint32_t at, std::uint64_t hash) noexcept {
    std::uint32_t* link = &head(hash);
    while (*link != at) link = &entries[*link].next;
    *link = entries[at].next;
  }
};

AffinityTable::AffinityTable(std::uint32_t capacity, std::uint64_t seed) : hash_(seed) {
  const std::uint32_t shards = std::clamp(std::bit_floor(capacity / kLeastInShard), 1u, kMaxShards);
  const std::uint32_t entries = std::max(capacity / shards, 1u);
  for (std::uint32_t i = 0; i < shards; ++i) shards_.push_back(std::make_unique<Shard>(entries));
}

AffinityTable::~AffinityTable() = default;

std::uint64_t AffinityTable::hash_of(const AffinityKey& key) const noexcept {
  Tuple<Ipv6Address> tuple{};
  tuple.source = key.client;
  std::memcpy(tuple.destination.bytes.data(), &key.service_port, sizeof key.service_port);
  return hash_(tuple);
}

AffinityTable::Shard& AffinityTable::shard_of(std::uint64_t hash) const noexcept {
  return *shards_[(hash >> 58) & (shards_.size() - 1)];
}

AffinityTable::Hold::Hold(AffinityTable& table, const AffinityKey& key) noexcept
    : Hold(table, key, table.hash_of(key)) {}

AffinityTable::Hold::Hold(AffinityTable& table, const AffinityKey& key, std::uint64_t hash) noexcept
    : shard_(table.shard_of(hash)), key_(key), hash_(hash) {
  while (shard_.lock.test_and_set(std::memory_order_acquire)) {
    while (shard_.lock.test(std::memory_order_relaxed)) {
    }
  }
  entry_ = shard_.find(key, hash_);
}

AffinityTable::Hold::~Hold() {
  shard_.lock.clear(std::memory_order_release);
}

EndpointRef AffinityTable::Hold::endpoint(Instant now, Duration timeout) const noexcept {
  if (entry_ == kNone || now - shard_.entries[entry_].last > timeout) return {};
  return shard_.entries[entry_].endpoint;
}

void AffinityTable::Hold::remember(EndpointRef endpoint, Instant now) noexcept {
  if (entry_ != kNone) {
    shard_.leave_list(entry_);
  } else {
    if (shard_.used < shard_.entries.size()) {
      entry_ = shard_.used++;
    } else {
      entry_ = shard_.oldest;
      shard_.leave_list(entry_);
      shard_.leave_chain(entry_, shard_.entries[entry_].hash);
    }
    shard_.entries[entry_].key = key_;
    shard_.entries[entry_].hash = hash_;
    shard_.entries[entry_].next = shard_.head(hash_);
    shard_.head(hash_) = entry_;
  }
  shard_.entries[entry_].endpoint = endpoint;
  shard_.entries[entry_].last = now;
  shard_.become_newest(entry_);
}

}  // namespace portico
