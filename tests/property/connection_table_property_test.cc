// Random operations on ConnectionTable and on its model; after each, the two must agree.

#include <algorithm>
#include <array>
#include <cstdint>
#include <random>
#include <vector>

#include "dataplane/state/connection_table.h"
#include "gtest/gtest.h"
#include "tests/support/property_seed.h"
#include "tests/support/rte_hash_connection_table.h"

namespace portico {
namespace {

constexpr std::size_t kUnlimited = 1u << 30;

// Short ones of all orders, so that connections end while the test runs; one lies beyond the
// wheel's turn of 65,536 ticks.
constexpr TimeoutTicks kTimeouts = {7,   100, 1000, 500, 200000, 3000,  65536, 16, 15, 1,
                                    400, 90,  8,    9,   700,    20000, 30,    31, 32, 33};

struct Scenario {
  std::uint32_t capacity;
  // How many different clients there are, in times of the capacity.
  unsigned crowd;
  unsigned steps;
};

template <typename Address>
class Property {
 public:
  Property(const Scenario& scenario, std::uint64_t seed)
      : scenario_(scenario),
        random_(seed),
        now_(static_cast<std::uint32_t>(random_())),
        table_(scenario.capacity, kTimeouts, -1, random_()),
        model_(scenario.capacity, kTimeouts, -1) {}

  void run() {
    for (unsigned i = 0; i < scenario_.steps && !testing::Test::HasFailure(); ++i) {
      SCOPED_TRACE("step " + std::to_string(i));
      const std::uint32_t dice = below(1000);
      if (dice < 150) {
        find_burst();
      } else if (dice < 550) {
        insert();
      } else if (dice < 650) {
        erase();
      } else if (dice < 960) {
        touch();
      } else if (dice < 960 + expiry_share()) {
        expire();
      } else if (i % (1 + scenario_.capacity / 100) == 0) {
        walk();
      }
      ASSERT_EQ(table_.size(), model_.size());
    }
    if (testing::Test::HasFailure()) return;
    walk();
    end_all();
  }

 private:
  // An expiry of the model costs its whole size.
  std::uint32_t expiry_share() const { return scenario_.capacity > 1000 ? 1 : 30; }

  std::uint32_t below(std::uint32_t n) { return static_cast<std::uint32_t>(random_() % n); }

  Address address(std::uint32_t host) {
    std::array<std::uint8_t, Address::kSize> bytes{};
    Ipv4Address{Be32::from_host(host)}.copy_to(bytes.data() + Address::kSize - 4);
    return Address::from_bytes(bytes.data());
  }
  L4Port port(std::uint32_t host) { return L4Port::from_host(static_cast<std::uint16_t>(host)); }

  // Tuples from a crowd, of which many differ in one field only.
  Connection<Address> any_record() {
    const std::uint32_t crowd = scenario_.capacity * scenario_.crowd + 1;
    const std::uint32_t client = below(crowd), source = below(crowd);
    Connection<Address> record;
    record.client = address(0x0a000000 + client / 4096);
    record.client_port = port(1000 + client % 4096);
    record.service = address(0x0a640000 + below(2));
    record.service_port = port(80 + below(2));
    record.source = address(0x0a0c0001 + source / 4096);
    record.source_port = port(1000 + source % 4096);
    record.endpoint = address(0xc0a80000 + below(2));
    record.endpoint_port = port(8080);
    record.protocol = below(2) == 0 ? Protocol::kTcp : Protocol::kUdp;
    record.state = static_cast<ConnectionState>(below(kConnectionStateCount));
    record.last_seen = now_;
    record.packets[0] = below(1u << 31);
    return record;
  }

  // A connection that is there, or one of no matter what tuples.
  Connection<Address> known_record() {
    if (model_.size() == 0 || below(4) == 0) return any_record();
    std::vector<Connection<Address>> some;
    std::uint32_t at = below(model_.capacity());
    while (true) {
      at = model_.walk(at, 16, [&](ConnectionRef, const Connection<Address>& record) {
        some.push_back(record);
      });
      if (!some.empty()) return some[below(static_cast<std::uint32_t>(some.size()))];
      if (at == ConnectionRef::kNone) at = 0;
    }
  }

  void expect_same(const Tuple<Address>& tuple, ConnectionRef found) {
    const ConnectionRef expected = model_.find(tuple);
    ASSERT_EQ(found.found(), expected.found());
    if (!found.found()) return;
    EXPECT_EQ(found.direction, expected.direction);
    const Connection<Address>& a = table_[found];
    const Connection<Address>& b = model_[expected];
    EXPECT_EQ(a.original_tuple(), b.original_tuple());
    EXPECT_EQ(a.reply_tuple(), b.reply_tuple());
    EXPECT_EQ(a.state, b.state);
    EXPECT_EQ(a.last_seen, b.last_seen);
    EXPECT_EQ(a.packets[0], b.packets[0]);
    EXPECT_EQ(table_.ticks_left(a, now_), model_.ticks_left(b, now_));
  }

  void find_burst() {
    std::array<Tuple<Address>, kBurstSize> tuples;
    std::array<ConnectionRef, kBurstSize> found;
    const std::size_t count = 1 + below(kBurstSize);
    const Connection<Address> known = known_record();
    for (std::size_t i = 0; i < count; ++i) {
      const Connection<Address> record = i == 0 ? known : any_record();
      tuples[i] = below(2) == 0 ? record.original_tuple() : record.reply_tuple();
    }
    table_.find(tuples.data(), count, found.data());
    for (std::size_t i = 0; i < count; ++i) {
      expect_same(tuples[i], found[i]);
      EXPECT_EQ(table_.find(tuples[i]), found[i]);
    }
  }

  void insert() {
    const Connection<Address> record = any_record();
    if (model_.find(record.original_tuple()).found()) return;
    if (model_.find(record.reply_tuple()).found()) return;
    if (table_.full() && below(scenario_.capacity > 1000 ? 200 : 2) == 0) evict();
    ASSERT_EQ(table_.insert(record).found(), model_.insert(record).found());
    expect_same(record.original_tuple(), table_.find(record.original_tuple()));
    expect_same(record.reply_tuple(), table_.find(record.reply_tuple()));
  }

  // The oldest of the first class that has any, but for one that is in use; the order is kept to a
  // span.
  void evict() {
    const ConnectionRef used = table_.find(known_record().original_tuple());
    const ConnectionRef evicted =
        table_.first_to_go(now_, [&](std::uint32_t index) { return index != used.index; });
    std::uint32_t oldest_age = 0;
    Room room = Room::kNever;
    model_.walk(0, model_.capacity(), [&](ConnectionRef, const Connection<Address>& record) {
      if (room_of(record.state) == Room::kNever || room_of(record.state) > room) return;
      if (used.found() && record.original_tuple() == table_[used].original_tuple()) return;
      if (room_of(record.state) < room) oldest_age = 0;
      room = room_of(record.state);
      oldest_age = std::max(oldest_age, now_ - record.last_seen);
    });
    ASSERT_EQ(evicted.found(), room != Room::kNever);
    if (room == Room::kNever) return;
    const Connection<Address> record = table_[evicted];
    EXPECT_EQ(room_of(record.state), room);
    EXPECT_LT(oldest_age - (now_ - record.last_seen), longest_span());
    model_.erase(model_.find(record.original_tuple()));
    table_.erase(evicted);
  }

  void erase() {
    const Tuple<Address> tuple = known_record().reply_tuple();
    const ConnectionRef ref = table_.find(tuple);
    expect_same(tuple, ref);
    if (!ref.found()) return;
    const Connection<Address> record = table_[ref];
    model_.erase(model_.find(tuple));
    table_.erase(ref);
    EXPECT_FALSE(table_.find(record.original_tuple()).found());
    EXPECT_FALSE(table_.find(record.reply_tuple()).found());
  }

  void touch() {
    now_ += below(4);
    const Tuple<Address> tuple = known_record().original_tuple();
    const ConnectionRef ref = table_.find(tuple);
    expect_same(tuple, ref);
    if (!ref.found()) return;
    const ConnectionState state = below(2) == 0
                                      ? table_[ref].state
                                      : static_cast<ConnectionState>(below(kConnectionStateCount));
    table_.touch(table_[ref], state, now_);
    model_.touch(model_[model_.find(tuple)], state, now_);
    expect_same(tuple, ref);
  }

  // Nothing ends before its deadline; and unless the budget forbids, nothing is left whose deadline
  // is more than a span over.
  void expire() {
    constexpr std::uint32_t kStep[] = {0, 1, 15, 16, 17, 300, 5000, 70000, 10000000};
    now_ += kStep[below(below(8) == 0 ? 9 : 6)];
    const std::size_t budget = below(3) == 0 ? below(5) : kUnlimited;
    std::size_t calls = 0;
    const std::size_t ended = table_.expire(now_, budget, [&](const Connection<Address>& record) {
      ++calls;
      const ConnectionRef ref = model_.find(record.original_tuple());
      ASSERT_TRUE(ref.found());
      EXPECT_EQ(model_.ticks_left(model_[ref], now_), 0u);
      model_.erase(ref);
    });
    EXPECT_EQ(ended, calls);
    EXPECT_LE(ended, budget);
    if (budget == kUnlimited) expect_nothing_overdue();
  }

  void expect_nothing_overdue() {
    model_.walk(0, model_.capacity(), [&](ConnectionRef, const Connection<Address>& record) {
      const std::uint32_t span =
          makes_room(record.state) ? table_.list_span(record.state) : TimerWheel<TimerLinks>::kSpan;
      EXPECT_GT(model_.ticks_left(record, now_ - span), 0u);
    });
  }

  // Of those of one Room, each list may be out of order within its own.
  std::uint32_t longest_span() const {
    std::uint32_t longest = 0;
    for (std::size_t state = 0; state < kConnectionStateCount; ++state) {
      const auto one = static_cast<ConnectionState>(state);
      if (makes_room(one)) longest = std::max(longest, table_.list_span(one));
    }
    return longest;
  }

  void walk() {
    const std::uint32_t piece = 1 + below(2 * table_.capacity());
    std::uint32_t visited = 0;
    std::uint32_t cursor = 0;
    while (cursor != ConnectionRef::kNone) {
      cursor = table_.walk(cursor, piece, [&](ConnectionRef ref, const Connection<Address>& seen) {
        ++visited;
        EXPECT_EQ(ref, table_.find(seen.original_tuple()));
        expect_same(seen.original_tuple(), ref);
      });
    }
    EXPECT_EQ(visited, model_.size());
  }

  void end_all() {
    now_ += 300000;
    table_.expire(now_, kUnlimited, [](const Connection<Address>&) {});
    EXPECT_EQ(table_.size(), 0u);
    const std::uint32_t capacity = table_.capacity();
    for (std::uint32_t n = 0; n < capacity; ++n) {
      Connection<Address> record;
      record.client = record.source = address(n);
      record.endpoint = address(0xffffffff);
      record.last_seen = now_;
      ASSERT_TRUE(table_.insert(record).found()) << n << " of " << capacity;
    }
  }

  Scenario scenario_;
  std::mt19937_64 random_;
  std::uint32_t now_;
  ConnectionTable<Address> table_;
  RteHashConnectionTable<Address> model_;
};

// Tables of a bucket or two, which are full all the time; usual ones; one that is never full.
constexpr Scenario kScenarios[] = {
    {1, 3, 10000},   {3, 2, 20000},    {8, 4, 20000},     {50, 1, 20000},
    {300, 2, 30000}, {1000, 1, 30000}, {20000, 2, 40000}, {20000, 8, 40000},
};

template <typename Address>
void run_all() {
  const std::uint64_t seed = property_seed();
  SCOPED_TRACE(how_to_repeat(seed));
  for (const Scenario& scenario : kScenarios) {
    SCOPED_TRACE("capacity " + std::to_string(scenario.capacity));
    Property<Address>(scenario, seed).run();
    if (testing::Test::HasFailure()) return;
  }
}

TEST(ConnectionTableProperty, AgreesWithItsModelIpv4) {
  run_all<Ipv4Address>();
}
TEST(ConnectionTableProperty, AgreesWithItsModelIpv6) {
  run_all<Ipv6Address>();
}

}  // namespace
}  // namespace portico
