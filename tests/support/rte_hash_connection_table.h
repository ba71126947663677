#pragma once

// The interface of ConnectionTable over rte_hash, written to be plainly right: the model of the
// property tests, and what the benchmark holds ConnectionTable against. Expiry looks at every
// connection, and ends it at the first call that is not before its deadline.

#include <rte_errno.h>
#include <rte_hash.h>
#include <rte_hash_crc.h>
#include <rte_malloc.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include "dataplane/packet/burst.h"
#include "dataplane/state/connection.h"

namespace portico {

template <typename Address>
class RteHashConnectionTable {
 public:
  using Record = Connection<Address>;

  RteHashConnectionTable(std::uint32_t capacity, const TimeoutTicks& timeouts, int socket)
      : timeouts_(timeouts), used_(capacity) {
    void* memory = rte_zmalloc_socket("records", capacity * sizeof(Record), 64, socket);
    if (memory == nullptr) throw std::bad_alloc();
    records_.reset(static_cast<Record*>(memory));
    static unsigned tables = 0;
    const std::string name = "connections_" + std::to_string(tables++);
    rte_hash_parameters parameters{};
    parameters.name = name.c_str();
    parameters.entries = 2 * capacity < 16 ? 16 : 2 * capacity;
    parameters.key_len = sizeof(Key);
    parameters.hash_func = rte_hash_crc;
    parameters.socket_id = socket;
    // Without it, rte_hash refuses keys before it is full.
    parameters.extra_flag = RTE_HASH_EXTRA_FLAGS_EXT_TABLE;
    hash_ = rte_hash_create(&parameters);
    if (hash_ == nullptr) throw std::bad_alloc();
    for (std::uint32_t i = capacity; i-- > 0;) free_.push_back(i);
  }
  ~RteHashConnectionTable() { rte_hash_free(hash_); }
  RteHashConnectionTable(const RteHashConnectionTable&) = delete;
  RteHashConnectionTable& operator=(const RteHashConnectionTable&) = delete;

  void find(const Tuple<Address>* tuples, std::size_t count, ConnectionRef* found) const noexcept {
    std::array<Key, kBurstSize> keys;
    std::array<const void*, kBurstSize> pointers;
    std::array<void*, kBurstSize> data;
    for (std::size_t i = 0; i < count; ++i) {
      keys[i] = Key(tuples[i]);
      pointers[i] = &keys[i];
    }
    std::uint64_t hits = 0;
    rte_hash_lookup_bulk_data(hash_, pointers.data(), static_cast<std::uint32_t>(count), &hits,
                              data.data());
    for (std::size_t i = 0; i < count; ++i) {
      found[i] = (hits >> i & 1) != 0 ? to_ref(data[i]) : ConnectionRef{};
    }
  }
  ConnectionRef find(const Tuple<Address>& tuple) const noexcept {
    const Key key(tuple);
    void* data = nullptr;
    return rte_hash_lookup_data(hash_, &key, &data) >= 0 ? to_ref(data) : ConnectionRef{};
  }

  Record& operator[](ConnectionRef ref) noexcept { return records_[ref.index]; }
  const Record& operator[](ConnectionRef ref) const noexcept { return records_[ref.index]; }

  ConnectionRef insert(const Record& record) noexcept {
    if (free_.empty()) return {};
    const std::uint32_t index = free_.back();
    if (!add(record.original_tuple(), index, Direction::kOriginal)) return {};
    if (!add(record.reply_tuple(), index, Direction::kReply)) {
      remove(record.original_tuple());
      return {};
    }
    free_.pop_back();
    records_[index] = record;
    used_[index] = true;
    return {index, Direction::kOriginal};
  }

  void erase(ConnectionRef ref) noexcept {
    remove(records_[ref.index].original_tuple());
    remove(records_[ref.index].reply_tuple());
    used_[ref.index] = false;
    free_.push_back(ref.index);
  }

  static void touch(Record& record, ConnectionState state, std::uint32_t now) noexcept {
    const bool is_same = record.state == state;
    record.state = state;
    if (!is_same || is_put_off_by_packets(state)) record.last_seen = now;
  }

  template <typename OnExpired>
  std::size_t expire(std::uint32_t now, std::size_t budget, OnExpired&& on_expired) noexcept {
    std::size_t ended = 0;
    for (std::uint32_t i = 0; i < capacity() && ended < budget; ++i) {
      if (!used_[i] || ticks_left(records_[i], now) > 0) continue;
      on_expired(static_cast<const Record&>(records_[i]));
      erase({i, Direction::kOriginal});
      ++ended;
    }
    return ended;
  }

  template <typename Visit>
  std::uint32_t walk(std::uint32_t cursor, std::uint32_t budget, Visit&& visit) const noexcept {
    for (; cursor < capacity() && budget > 0; ++cursor, --budget) {
      if (used_[cursor]) visit(ConnectionRef{cursor, Direction::kOriginal}, records_[cursor]);
    }
    return cursor < capacity() ? cursor : ConnectionRef::kNone;
  }

  std::uint32_t ticks_left(const Record& record, std::uint32_t now) const noexcept {
    const std::uint32_t deadline =
        record.last_seen + timeouts_[static_cast<std::size_t>(record.state)];
    const auto left = static_cast<std::int32_t>(deadline - now);
    return left > 0 ? static_cast<std::uint32_t>(left) : 0;
  }

  std::uint32_t size() const noexcept {
    return static_cast<std::uint32_t>(used_.size() - free_.size());
  }
  std::uint32_t capacity() const noexcept { return static_cast<std::uint32_t>(used_.size()); }

 private:
  // Hashed and compared as bytes, so there is no padding.
  struct Key {
    std::array<std::uint8_t, 2 * Address::kSize + 8> bytes{};

    Key() = default;
    explicit Key(const Tuple<Address>& tuple) noexcept {
      tuple.source.copy_to(bytes.data());
      tuple.destination.copy_to(bytes.data() + Address::kSize);
      const std::uint16_t ports[] = {tuple.source_port.wire(), tuple.destination_port.wire()};
      std::memcpy(bytes.data() + 2 * Address::kSize, ports, sizeof ports);
      bytes[2 * Address::kSize + 4] = static_cast<std::uint8_t>(tuple.protocol);
    }
  };

  struct RteFree {
    void operator()(void* memory) const noexcept { rte_free(memory); }
  };

  static ConnectionRef to_ref(const void* data) noexcept {
    const auto entry = reinterpret_cast<std::uintptr_t>(data);
    return {static_cast<std::uint32_t>(entry >> 1), static_cast<Direction>(entry & 1)};
  }
  bool add(const Tuple<Address>& tuple, std::uint32_t index, Direction direction) noexcept {
    const Key key(tuple);
    const auto entry = std::uintptr_t{index} << 1 | static_cast<std::uintptr_t>(direction);
    return rte_hash_add_key_data(hash_, &key, reinterpret_cast<void*>(entry)) == 0;
  }
  void remove(const Tuple<Address>& tuple) noexcept {
    const Key key(tuple);
    rte_hash_del_key(hash_, &key);
  }

  TimeoutTicks timeouts_;
  rte_hash* hash_ = nullptr;
  std::unique_ptr<Record[], RteFree> records_;
  std::vector<bool> used_;
  std::vector<std::uint32_t> free_;
};

}  // namespace portico
