#include "dataplane/state/connection_table.h"

#include <array>
#include <cstdint>
#include <memory>
#include <new>
#include <set>
#include <vector>

#include "gtest/gtest.h"

namespace portico {
namespace {

constexpr std::uint64_t kSeed = 42;
constexpr std::size_t kUnlimited = 1u << 30;
constexpr std::uint32_t kSecond = 64;  // ticks

TimeoutTicks default_timeouts() {
  return timeout_ticks(TimeoutConfig{});
}

template <typename Address>
Address address_of(std::uint32_t host) {
  std::array<std::uint8_t, Address::kSize> bytes{0x20, 0x01, 0x0d, 0xb8};
  Ipv4Address{Be32::from_host(host)}.copy_to(bytes.data() + Address::kSize - 4);
  return Address::from_bytes(bytes.data());
}

// The nth connection to one Service: no two have a tuple in common.
template <typename Address>
Connection<Address> connection(std::uint32_t n, std::uint32_t now = 1000) {
  Connection<Address> record;
  record.client = address_of<Address>(0x0a140000 + n / 60000);
  record.client_port = L4Port::from_host(static_cast<std::uint16_t>(1024 + n % 60000));
  record.service = address_of<Address>(0x0a64033b);
  record.service_port = L4Port::from_host(80);
  record.source = address_of<Address>(0x0a0c1601 + n / 60000);
  record.source_port = L4Port::from_host(static_cast<std::uint16_t>(1024 + n * 7 % 60000));
  record.endpoint = address_of<Address>(0xc0a80103 + n % 3);
  record.endpoint_port = L4Port::from_host(8080);
  record.state = ConnectionState::kSynSent;
  record.last_seen = now;
  return record;
}

template <typename Address>
class ConnectionTableTest : public testing::Test {
 protected:
  using Table = ConnectionTable<Address>;

  Table& make(std::uint32_t capacity) {
    table_ = std::make_unique<Table>(capacity, default_timeouts(), -1, kSeed);
    return *table_;
  }
  static Connection<Address> nth(std::uint32_t n, std::uint32_t now = 1000) {
    return connection<Address>(n, now);
  }
  std::size_t expire(std::uint32_t now) {
    return table_->expire(now, kUnlimited, [](const Connection<Address>&) {});
  }

 private:
  std::unique_ptr<Table> table_;
};
using Families = testing::Types<Ipv4Address, Ipv6Address>;
TYPED_TEST_SUITE(ConnectionTableTest, Families);

TYPED_TEST(ConnectionTableTest, FindsBothTuples) {
  auto& table = this->make(100);
  const auto record = this->nth(5);
  const ConnectionRef made = table.insert(record);
  ASSERT_TRUE(made.found());
  EXPECT_EQ(made.direction, Direction::kOriginal);

  EXPECT_EQ(table.find(record.original_tuple()), made);
  const ConnectionRef reply = table.find(record.reply_tuple());
  EXPECT_EQ(reply.index, made.index);
  EXPECT_EQ(reply.direction, Direction::kReply);
  EXPECT_EQ(table[reply].endpoint_port, record.endpoint_port);
  EXPECT_EQ(table.size(), 1u);
}

// Each field of a tuple counts, and so does which end is which.
TYPED_TEST(ConnectionTableTest, FindsNothingElse) {
  auto& table = this->make(100);
  const auto record = this->nth(5);
  EXPECT_FALSE(table.find(record.original_tuple()).found());
  table.insert(record);
  for (const Tuple<TypeParam>& tuple : {record.original_tuple(), record.reply_tuple()}) {
    const auto other = [&](auto change) {
      Tuple<TypeParam> changed = tuple;
      change(changed);
      return table.find(changed).found();
    };
    EXPECT_FALSE(other([](auto& t) { t.source = address_of<TypeParam>(1); }));
    EXPECT_FALSE(other([](auto& t) { t.destination = address_of<TypeParam>(1); }));
    EXPECT_FALSE(other([](auto& t) { t.source_port = L4Port::from_host(1); }));
    EXPECT_FALSE(other([](auto& t) { t.destination_port = L4Port::from_host(1); }));
    EXPECT_FALSE(other([](auto& t) { t.protocol = Protocol::kUdp; }));
    EXPECT_FALSE(other([](auto& t) { std::swap(t.source, t.destination); }));
    EXPECT_FALSE(other([](auto& t) { std::swap(t.source_port, t.destination_port); }));
  }
}

// The table works by its tags alone only if the key is compared too: with 8 tags of 16 bits a
// bucket, one look-up in vain in 11,000 meets an equal tag.
TYPED_TEST(ConnectionTableTest, EqualTagsAreNotEqualTuples) {
  auto& table = this->make(30000);
  for (std::uint32_t n = 0; n < 30000; ++n) ASSERT_TRUE(table.insert(this->nth(n)).found());
  for (std::uint32_t n = 30000; n < 330000; ++n) {
    ASSERT_FALSE(table.find(this->nth(n).original_tuple()).found()) << n;
  }
}

TYPED_TEST(ConnectionTableTest, FindsABurst) {
  auto& table = this->make(5000);
  for (std::uint32_t n = 0; n < 5000; n += 2) table.insert(this->nth(n));
  for (std::uint32_t begin = 0; begin + kBurstSize <= 5000; begin += 13) {
    const std::size_t count = 1 + begin % kBurstSize;
    std::array<Tuple<TypeParam>, kBurstSize> tuples;
    for (std::uint32_t i = 0; i < count; ++i) {
      const auto record = this->nth(begin + i);
      tuples[i] = i % 3 == 0 ? record.reply_tuple() : record.original_tuple();
    }
    std::array<ConnectionRef, kBurstSize> found;
    table.find(tuples.data(), count, found.data());
    for (std::uint32_t i = 0; i < count; ++i) {
      EXPECT_EQ(found[i], table.find(tuples[i]));
      EXPECT_EQ(found[i].found(), (begin + i) % 2 == 0);
      if (!found[i].found()) continue;
      EXPECT_EQ(found[i].direction, i % 3 == 0 ? Direction::kReply : Direction::kOriginal);
    }
  }
}

TYPED_TEST(ConnectionTableTest, HoldsItsCapacityAndNoMore) {
  for (const std::uint32_t capacity : {1u, 2u, 3u, 4u, 7u, 100u, 4096u, 100000u}) {
    auto& table = this->make(capacity);
    for (std::uint32_t n = 0; n < capacity; ++n) {
      ASSERT_TRUE(table.insert(this->nth(n)).found()) << n << " of " << capacity;
    }
    EXPECT_FALSE(table.insert(this->nth(capacity)).found());
    EXPECT_EQ(table.size(), capacity);
    EXPECT_FALSE(table.find(this->nth(capacity).original_tuple()).found());
    for (std::uint32_t n = 0; n < capacity; ++n) {
      ASSERT_TRUE(table.find(this->nth(n).original_tuple()).found());
      ASSERT_TRUE(table.find(this->nth(n).reply_tuple()).found());
    }
    for (std::uint32_t n = 0; n < capacity; n += 2) {
      table.erase(table.find(this->nth(n).reply_tuple()));
    }
    for (std::uint32_t n = 0; n < capacity; ++n) {
      ASSERT_EQ(table.find(this->nth(n).original_tuple()).found(), n % 2 != 0);
      ASSERT_EQ(table.find(this->nth(n).reply_tuple()).found(), n % 2 != 0);
    }
  }
}

TYPED_TEST(ConnectionTableTest, ErasedPlacesAreUsedAgain) {
  auto& table = this->make(64);
  for (std::uint32_t round = 0; round < 2000; ++round) {
    std::vector<ConnectionRef> refs;
    for (std::uint32_t n = 0; n < 64; ++n) refs.push_back(table.insert(this->nth(round * 64 + n)));
    for (const ConnectionRef ref : refs) {
      ASSERT_TRUE(ref.found());
      table.erase(ref);
    }
    ASSERT_EQ(table.size(), 0u);
  }
}

TYPED_TEST(ConnectionTableTest, EndsByTheTimeoutOfItsState) {
  auto& table = this->make(10);
  const ConnectionRef ref = table.insert(this->nth(1, 1000));  // SYN_SENT: 120 s
  EXPECT_EQ(table.ticks_left(table[ref], 1000), 120 * kSecond);
  EXPECT_EQ(this->expire(1000 + 120 * kSecond - 1), 0u);
  EXPECT_EQ(this->expire(1000 + 120 * kSecond + TimerWheel<TimerLinks>::kSpan), 1u);
  EXPECT_EQ(table.size(), 0u);
  EXPECT_FALSE(table.find(this->nth(1).original_tuple()).found());
  EXPECT_FALSE(table.find(this->nth(1).reply_tuple()).found());
}

TYPED_TEST(ConnectionTableTest, APacketPutsTheEndOff) {
  for (const auto state : {ConnectionState::kUdpStream, ConnectionState::kTimeWait}) {  // 120 s
    auto& table = this->make(10);
    auto record = this->nth(1, 1000);
    record.state = state;
    const ConnectionRef ref = table.insert(record);
    table.touch(table[ref], state, 1000 + 100 * kSecond);
    EXPECT_EQ(this->expire(1000 + 219 * kSecond), 0u);
    EXPECT_EQ(table.ticks_left(table[ref], 1000 + 219 * kSecond), kSecond);
    EXPECT_EQ(table.ticks_left(table[ref], 1000 + 300 * kSecond), 0u);
    EXPECT_EQ(this->expire(1000 + 221 * kSecond), 1u);
  }
}

TYPED_TEST(ConnectionTableTest, OneWayUdpIsPutOffToo) {
  auto& table = this->make(10);
  for (std::uint32_t n = 0; n < 3; ++n) {
    auto record = this->nth(n, 1000 + n);
    record.state = ConnectionState::kUdpUnreplied;  // 30 s
    table.insert(record);
  }
  const ConnectionRef first = table.find(this->nth(0).original_tuple());
  for (std::uint32_t now = 1000; now < 1000 + 100 * kSecond; now += 10) {
    table.touch(table[first], ConnectionState::kUdpUnreplied, now);
    this->expire(now);
  }
  EXPECT_EQ(table.size(), 1u);
  EXPECT_EQ(this->expire(1000 + 129 * kSecond), 0u);
  EXPECT_EQ(this->expire(1000 + 131 * kSecond), 1u);
}

// A stream that goes one way outlives a flood that fills the table within a span of the list.
TYPED_TEST(ConnectionTableTest, AFloodDoesNotEvictWhoIsSeen) {
  constexpr std::uint32_t kCapacity = 1000;
  auto& table = this->make(kCapacity);
  const auto unreplied = [this](std::uint32_t n, std::uint32_t now) {
    auto record = this->nth(n, now);
    record.state = ConnectionState::kUdpUnreplied;
    return record;
  };
  EXPECT_EQ(table.list_span(ConnectionState::kUdpUnreplied), 2 * kSecond);  // of 30 s
  const ConnectionRef stream = table.insert(unreplied(0, 0));
  for (std::uint32_t n = 1; n < 20 * kCapacity; ++n) {
    const std::uint32_t now = n / 30;  // twenty times full within 10 s, once in half a second
    table.touch(table[stream], ConnectionState::kUdpUnreplied, now);
    if (table.full()) {
      const ConnectionRef first = table.first_to_go(now, [](std::uint32_t) { return true; });
      ASSERT_NE(first.index, stream.index) << now;
      table.erase(first);
    }
    ASSERT_TRUE(table.insert(unreplied(n, now)).found());
  }
}

TYPED_TEST(ConnectionTableTest, RetransmissionsKeepNoPlace) {
  auto& table = this->make(10);
  const ConnectionRef ref = table.insert(this->nth(1, 1000));
  for (std::uint32_t second = 0; second < 119; ++second) {
    table.touch(table[ref], ConnectionState::kSynSent, 1000 + second * kSecond);
    ASSERT_EQ(this->expire(1000 + second * kSecond), 0u);
  }
  EXPECT_EQ(this->expire(1000 + 121 * kSecond), 1u);
}

// Nine connections, made one after the other: what was refused goes first, then what nobody has
// answered, then what is over; the others never.
TYPED_TEST(ConnectionTableTest, MakesRoomByClassAndAge) {
  using enum ConnectionState;
  auto& table = this->make(9);
  const ConnectionState states[] = {kEstablished, kSynSent,     kUdpUnreplied,
                                    kUdpReplied,  kSynReceived, kTimeWait,
                                    kReset,       kMidstream,   kUdpStream};
  for (std::uint32_t n = 0; n < 9; ++n) {
    auto record = this->nth(n, 1000 + 100 * n);
    record.state = states[n];
    ASSERT_TRUE(table.insert(record).found());
  }
  ASSERT_TRUE(table.full());
  const auto all = [](std::uint32_t) { return true; };
  for (const std::uint32_t expected : {6u, 1u, 2u, 4u, 7u, 3u, 5u}) {
    const ConnectionRef oldest = table.first_to_go(2000, all);
    ASSERT_TRUE(oldest.found());
    EXPECT_EQ(oldest, table.find(this->nth(expected).original_tuple()));
    table.erase(oldest);
  }
  EXPECT_FALSE(table.first_to_go(2000, all).found());
  EXPECT_EQ(table.size(), 2u);
}

TYPED_TEST(ConnectionTableTest, WhatIsInUseMakesNoRoom) {
  auto& table = this->make(40);
  for (std::uint32_t n = 0; n < 40; ++n) table.insert(this->nth(n, 1000 + n));
  const auto index = [&](std::uint32_t n) {
    return table.find(this->nth(n).original_tuple()).index;
  };
  const auto from = [&](std::uint32_t first) {
    return table.first_to_go(2000, [&](std::uint32_t at) {
      for (std::uint32_t n = 0; n < first; ++n) {
        if (at == index(n)) return false;
      }
      return true;
    });
  };
  EXPECT_EQ(from(0).index, index(0));
  EXPECT_EQ(from(5).index, index(5));
  EXPECT_EQ(from(kBurstSize).index, index(kBurstSize));
}

// Whoever is answered leaves the list, and comes to its end by another.
TYPED_TEST(ConnectionTableTest, AnsweredOnesMakeNoRoom) {
  using enum ConnectionState;
  auto& table = this->make(3);
  for (std::uint32_t n = 0; n < 3; ++n) table.insert(this->nth(n, 1000 + n));
  const auto all = [](std::uint32_t) { return true; };
  const auto find = [&](std::uint32_t n) { return table.find(this->nth(n).original_tuple()); };
  table.touch(table[find(0)], kSynReceived, 1100);
  EXPECT_EQ(table.first_to_go(1100, all), find(1));
  table.touch(table[find(1)], kSynReceived, 1200);
  table.touch(table[find(1)], kEstablished, 1300);
  EXPECT_EQ(table.first_to_go(1300, all), find(2));
  table.erase(find(2));
  EXPECT_EQ(table.first_to_go(1300, all), find(0));
  table.touch(table[find(1)], kReset, 1400);  // the endpoint's word
  table.erase(find(0));
  EXPECT_EQ(table.first_to_go(1400, all), find(1));
}

TYPED_TEST(ConnectionTableTest, AStateWithAShorterTimeoutEndsSooner) {
  auto& table = this->make(10);
  const ConnectionRef ref = table.insert(this->nth(1, 1000));
  table.touch(table[ref], ConnectionState::kEstablished, 1000 + kSecond);
  EXPECT_EQ(table.ticks_left(table[ref], 1000 + kSecond), 24 * 3600 * kSecond);
  EXPECT_EQ(this->expire(1000 + 3600 * kSecond), 0u);
  table.touch(table[ref], ConnectionState::kClose, 1000 + 3600 * kSecond);  // 10 s
  EXPECT_EQ(this->expire(1000 + 3609 * kSecond), 0u);
  EXPECT_EQ(this->expire(1000 + 3611 * kSecond), 1u);
}

TYPED_TEST(ConnectionTableTest, LivesThroughTheWrapOfTheTicks) {
  auto& table = this->make(10);
  const std::uint32_t begin = 0u - 60 * kSecond;
  table.insert(this->nth(1, begin));
  EXPECT_EQ(this->expire(begin + 119 * kSecond), 0u);
  EXPECT_EQ(this->expire(begin + 121 * kSecond), 1u);
}

TYPED_TEST(ConnectionTableTest, ExpiresWithinItsBudgetAndTellsWhom) {
  auto& table = this->make(100);
  for (std::uint32_t n = 0; n < 100; ++n) table.insert(this->nth(n, 1000));
  std::set<std::uint16_t> ended;
  const auto on_expired = [&](const Connection<TypeParam>& record) {
    ended.insert(record.client_port.host());
  };
  for (int call = 1; call <= 4; ++call) {
    EXPECT_EQ(table.expire(1000 + 3600 * kSecond, 25, on_expired), 25u);
    EXPECT_EQ(table.size(), 100u - 25u * static_cast<unsigned>(call));
  }
  EXPECT_EQ(ended.size(), 100u);
}

TYPED_TEST(ConnectionTableTest, WalksEachConnectionOnce) {
  auto& table = this->make(1000);
  EXPECT_EQ(table.walk(0, 1000, [](ConnectionRef, const auto&) { FAIL(); }), ConnectionRef::kNone);
  for (std::uint32_t n = 0; n < 500; ++n) table.insert(this->nth(n));
  for (std::uint32_t n = 0; n < 500; n += 5) {
    table.erase(table.find(this->nth(n).original_tuple()));
  }
  std::set<std::uint32_t> seen;
  std::uint32_t cursor = 0;
  unsigned pieces = 0;
  do {
    std::size_t visited = 0;
    cursor = table.walk(cursor, 37, [&](ConnectionRef ref, const auto& record) {
      EXPECT_EQ(table.find(record.original_tuple()), ref);
      EXPECT_TRUE(seen.insert(ref.index).second);
      ++visited;
    });
    EXPECT_LE(visited, 37u);
    ++pieces;
  } while (cursor != ConnectionRef::kNone);
  EXPECT_EQ(seen.size(), 400u);
  EXPECT_EQ(pieces, 28u);
  EXPECT_EQ(table.walk(1000, 1, [](ConnectionRef, const auto&) { FAIL(); }), ConnectionRef::kNone);
}

TYPED_TEST(ConnectionTableTest, WalkMayEraseWhatItVisits) {
  auto& table = this->make(100);
  for (std::uint32_t n = 0; n < 100; ++n) table.insert(this->nth(n));
  table.walk(0, 100, [&](ConnectionRef ref, const auto&) { table.erase(ref); });
  EXPECT_EQ(table.size(), 0u);
}

// At most 192 bytes a connection are allowed; these are the table's own promises.
TEST(ConnectionTable, MemoryPerConnection) {
  const ConnectionTable<Ipv4Address> v4(262144, default_timeouts(), -1);
  EXPECT_LE(v4.memory_bytes(), std::size_t{262144} * 98);
  const ConnectionTable<Ipv6Address> v6(262144, default_timeouts(), -1);
  EXPECT_LE(v6.memory_bytes(), std::size_t{262144} * 162);
}

TEST(ConnectionTable, TooMuchMemoryIsRefused) {
  EXPECT_THROW(ConnectionTable<Ipv4Address>(ConnectionTable<Ipv4Address>::kMaxCapacity,
                                            default_timeouts(), -1),
               std::bad_alloc);
}

}  // namespace
}  // namespace portico
