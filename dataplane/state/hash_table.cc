#include "dataplane/state/hash_table.h"

#include <rte_hash.h>
#include <rte_hash_crc.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <string>

#include "dataplane/state/unique_name.h"

namespace portico {
namespace {

// rte_hash refuses tables smaller than one bucket.
constexpr std::uint32_t kSmallest = 8;

template <typename Word>
Word take(const std::uint8_t*& from) noexcept {
  Word word;
  std::memcpy(&word, from, sizeof word);
  from += sizeof word;
  return word;
}

// rte_hash_crc() reads eight bytes at a time from wherever the key lies, which C++ allows for
// aligned keys only; ours are aligned to two or four. On x86 this compiles to the same loads.
std::uint32_t hash_bytes(const void* key, std::uint32_t length, std::uint32_t hash) {
  const auto* from = static_cast<const std::uint8_t*>(key);
  for (; length >= 8; length -= 8) hash = rte_hash_crc_8byte(take<std::uint64_t>(from), hash);
  if ((length & 4) != 0) hash = rte_hash_crc_4byte(take<std::uint32_t>(from), hash);
  if ((length & 2) != 0) hash = rte_hash_crc_2byte(take<std::uint16_t>(from), hash);
  if ((length & 1) != 0) hash = rte_hash_crc_1byte(*from, hash);
  return hash;
}

rte_hash* create(std::uint32_t capacity, std::uint32_t key_size, int socket) {
  const std::string name = unique_name("hash");
  rte_hash_parameters parameters{};
  parameters.name = name.c_str();
  parameters.entries = std::max(2 * capacity, kSmallest);
  parameters.key_len = key_size;
  parameters.hash_func = hash_bytes;
  parameters.socket_id = socket;
  parameters.extra_flag = RTE_HASH_EXTRA_FLAGS_RW_CONCURRENCY_LF |
                          RTE_HASH_EXTRA_FLAGS_NO_FREE_ON_DEL | RTE_HASH_EXTRA_FLAGS_EXT_TABLE;
  if (capacity > RTE_HASH_ENTRIES_MAX / 2) throw std::bad_alloc();
  rte_hash* const hash = rte_hash_create(&parameters);
  if (hash == nullptr) throw std::bad_alloc();
  return hash;
}

}  // namespace

HashTableOfBytes::HashTableOfBytes(std::uint32_t capacity, std::uint32_t key_size, int socket)
    : hash_(create(capacity, key_size, socket)), capacity_(capacity) {}

HashTableOfBytes::~HashTableOfBytes() {
  rte_hash_free(hash_);
}

bool HashTableOfBytes::find(const void* key, void** value) const noexcept {
  return rte_hash_lookup_data(hash_, key, value) >= 0;
}

std::uint64_t HashTableOfBytes::find(const void** keys, std::uint32_t count,
                                     void** values) const noexcept {
  if (count == 0) return 0;
  std::uint64_t found = 0;
  rte_hash_lookup_bulk_data(hash_, keys, count, &found, values);
  return found;
}

bool HashTableOfBytes::set(const void* key, void* value) {
  // Of a key that is there rte_hash replaces the value by one store with release order.
  const bool known = rte_hash_lookup(hash_, key) >= 0;
  if (!known && size() == capacity_) return false;
  if (rte_hash_add_key_data(hash_, key, value) < 0) return false;
  if (!known) size_.store(size() + 1, std::memory_order_relaxed);
  return true;
}

bool HashTableOfBytes::erase(const void* key) {
  const std::int32_t place = rte_hash_del_key(hash_, key);
  if (place < 0) return false;
  removed_.push_back(place);
  size_.store(size() - 1, std::memory_order_relaxed);
  return true;
}

void HashTableOfBytes::release() {
  for (const std::int32_t place : removed_) rte_hash_free_key_with_position(hash_, place);
  removed_.clear();
}

}  // namespace portico
