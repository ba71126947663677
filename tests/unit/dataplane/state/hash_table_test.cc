#include "dataplane/state/hash_table.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <thread>

namespace portico {
namespace {

using Table = HashTable<std::uint32_t, std::uint64_t>;

TEST(HashTable, FindsWhatWasSet) {
  Table table(100);
  EXPECT_TRUE(table.set(7, 70));
  EXPECT_TRUE(table.set(8, 0));
  EXPECT_EQ(table.find(7), 70);
  EXPECT_EQ(table.find(8), 0);
  EXPECT_EQ(table.find(9), std::nullopt);
  EXPECT_EQ(table.size(), 2);
}

TEST(HashTable, ReplacesTheValueOfAKey) {
  Table table(100);
  table.set(7, 70);
  table.set(7, 71);
  EXPECT_EQ(table.find(7), 71);
  EXPECT_EQ(table.size(), 1);
}

TEST(HashTable, ForgetsErasedKeysAtOnce) {
  Table table(100);
  table.set(7, 70);
  EXPECT_TRUE(table.erase(7));
  EXPECT_EQ(table.find(7), std::nullopt);
  EXPECT_FALSE(table.erase(7));
  EXPECT_EQ(table.size(), 0);
}

TEST(HashTable, FindsManyAtOnce) {
  Table table(1000);
  for (std::uint32_t key = 0; key < 1000; key += 2) table.set(key, key + 1);
  std::array<std::uint32_t, Table::kMaxKeys> keys;
  std::array<std::uint64_t, Table::kMaxKeys> values{};
  for (std::uint32_t i = 0; i < keys.size(); ++i) keys[i] = i + 100;
  EXPECT_EQ(table.find(keys.data(), keys.size(), values.data()), 0x5555555555555555);
  for (std::size_t i = 0; i < keys.size(); i += 2) EXPECT_EQ(values[i], keys[i] + 1);
  EXPECT_EQ(table.find(keys.data(), 0, values.data()), 0);
}

TEST(HashTable, HoldsItsCapacityWhileRemovedKeysWait) {
  for (const std::uint32_t capacity : {1U, 3U, 8U, 1000U, 4096U}) {
    Table table(capacity);
    for (std::uint32_t key = 0; key < capacity; ++key) ASSERT_TRUE(table.set(key, key));
    EXPECT_FALSE(table.set(capacity, 0)) << "more than " << capacity;
    EXPECT_TRUE(table.set(0, 1)) << "a known key needs no room";
    for (std::uint32_t round = 1; round <= 3; ++round) {
      for (std::uint32_t key = 0; key < capacity; ++key) {
        ASSERT_TRUE(table.erase((round - 1) * capacity + key));
      }
      for (std::uint32_t key = 0; key < capacity; ++key) {
        ASSERT_TRUE(table.set(round * capacity + key, key)) << capacity << " in round " << round;
      }
      EXPECT_EQ(table.size(), capacity);
      table.release();
    }
  }
}

TEST(HashTable, TwoTablesShareNothing) {
  Table a(10);
  Table b(10);
  a.set(1, 10);
  EXPECT_EQ(b.find(1), std::nullopt);
}

TEST(HashTable, RefusesImpossibleCapacity) {
  EXPECT_THROW(Table(0x7fffffff), std::bad_alloc);
}

// A key whose value is replaced all the time, among others that come and go, is never missed, and
// has always one of its values.
TEST(HashTable, ReaderNeverMissesAKeyThatStays) {
  constexpr std::uint32_t kStays = 1'000'000;
  constexpr std::uint32_t kOthers = 500;
  Table table(kOthers + 1);
  table.set(kStays, kStays);
  std::atomic<bool> running = false;
  std::atomic<bool> stop = false;
  std::uint64_t lookups = 0;
  std::uint64_t missed = 0;
  std::thread reader([&] {
    running = true;
    while (!stop) {
      const auto value = table.find(kStays);
      if (!value || *value < kStays) ++missed;
      ++lookups;
    }
  });
  while (!running) std::this_thread::yield();
  for (std::uint32_t round = 0; round < 50; ++round) {
    for (std::uint32_t key = 0; key < kOthers; ++key) ASSERT_TRUE(table.set(key, key));
    ASSERT_TRUE(table.set(kStays, kStays + round));
    for (std::uint32_t key = 0; key < kOthers; ++key) ASSERT_TRUE(table.erase(key));
    // No release() without a grace period: a table with room for the rest of the test would hide
    // nothing either, as the reader looks for one key only, whose place is never freed.
    table.release();
  }
  stop = true;
  reader.join();
  EXPECT_GT(lookups, 0);
  EXPECT_EQ(missed, 0);
}

}  // namespace
}  // namespace portico
