#pragma once

// Theory of operation
//
// A hash table with one writer at a time and any number of lock-free readers: an rte_hash, which
// is a cuckoo hash with buckets of eight keys, with chains for what does not fit. What this wrapper
// adds is types, ownership, and a promise about capacity.
//
//   reader   find() may run at any time. It sees each key either with a value that was set for it,
//            or not at all. Replacing the value of a key is one store, so that no reader misses the
//            key meanwhile.
//   writer   set(), erase() and release(), one call at a time.
//
// An erased key is no longer found, but a reader that was already on its way may still be comparing
// it, so that its place can't be used again at once. It is *removed*, until the writer calls
// release() after a grace period (state/rcu.h):
//
//     erase(a); erase(b);  rcu.synchronize();  release();
//
// Capacity: `capacity` keys fit, always. The rte_hash has twice as many places, so that up to
// `capacity` further keys may be removed between two calls of release(). Beyond that set() of a new
// key fails, as it does when there are `capacity` keys.
//
// Memory, per key of the capacity: 2 * (16 + the key's bytes and 8 more, rounded up to 16).

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <type_traits>
#include <vector>

struct rte_hash;

namespace portico {

inline constexpr int kAnySocket = -1;  // DPDK's SOCKET_ID_ANY

// The part that does not depend on types: keys are `key_size` bytes, values are words.
class HashTableOfBytes {
 public:
  HashTableOfBytes(std::uint32_t capacity, std::uint32_t key_size, int socket);
  ~HashTableOfBytes();
  HashTableOfBytes(const HashTableOfBytes&) = delete;
  HashTableOfBytes& operator=(const HashTableOfBytes&) = delete;

  bool find(const void* key, void** value) const noexcept;
  std::uint64_t find(const void** keys, std::uint32_t count, void** values) const noexcept;
  bool set(const void* key, void* value);
  bool erase(const void* key);
  void release();

  std::uint32_t size() const noexcept { return size_.load(std::memory_order_relaxed); }
  std::uint32_t capacity() const noexcept { return capacity_; }

 private:
  rte_hash* hash_;
  const std::uint32_t capacity_;
  std::atomic<std::uint32_t> size_ = 0;  // writer: the table's; readers: anyone
  std::vector<std::int32_t> removed_;    // places of erased keys; the writer's alone
};

// `Key` is hashed and compared as bytes, hence without padding. `Value` is a pointer or another
// 64-bit value.
template <typename Key, typename Value>
class HashTable {
  static_assert(std::has_unique_object_representations_v<Key>);
  static_assert(sizeof(Value) == sizeof(void*) && std::is_trivially_copyable_v<Value>);

 public:
  static constexpr std::size_t kMaxKeys = 64;  // of one call of find()

  // On NUMA node `socket`. Throws std::bad_alloc.
  explicit HashTable(std::uint32_t capacity, int socket = kAnySocket)
      : table_(capacity, sizeof(Key), socket) {}

  std::optional<Value> find(const Key& key) const noexcept {
    void* value;
    if (!table_.find(&key, &value)) return std::nullopt;
    return std::bit_cast<Value>(value);
  }

  // One pass over `count` keys, at most kMaxKeys. Bit i of the result says whether keys[i] was
  // found; values[i] is undefined if not.
  std::uint64_t find(const Key* keys, std::size_t count, Value* values) const noexcept {
    const void* pointers[kMaxKeys];
    void* words[kMaxKeys];
    for (std::size_t i = 0; i < count; ++i) pointers[i] = &keys[i];
    const std::uint64_t found = table_.find(pointers, static_cast<std::uint32_t>(count), words);
    for (std::uint64_t left = found; left != 0; left &= left - 1) {
      const auto i = static_cast<std::size_t>(std::countr_zero(left));
      values[i] = std::bit_cast<Value>(words[i]);
    }
    return found;
  }

  // Writer. Adds the key or replaces its value; false when the table is full.
  bool set(const Key& key, Value value) { return table_.set(&key, std::bit_cast<void*>(value)); }
  // Writer. False when there was no such key.
  bool erase(const Key& key) { return table_.erase(&key); }
  // Writer. To be called when no reader is left that began before the last erase().
  void release() { table_.release(); }

  std::uint32_t size() const noexcept { return table_.size(); }
  std::uint32_t capacity() const noexcept { return table_.capacity(); }

 private:
  HashTableOfBytes table_;
};

}  // namespace portico
