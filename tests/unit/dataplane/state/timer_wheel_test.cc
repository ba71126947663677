#include "dataplane/state/timer_wheel.h"

#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include "gtest/gtest.h"

namespace portico {
namespace {

struct Timed {
  std::uint32_t next_in_slot = 0;
  std::uint32_t previous_in_slot = 0;
  std::uint32_t wheel_slot = 0;
  std::uint32_t deadline = 0;
};

using Wheel = TimerWheel<Timed>;
constexpr std::uint32_t kSpan = Wheel::kSpan;
constexpr std::uint32_t kTurn = Wheel::kSpan * Wheel::kSlots;
constexpr std::size_t kUnlimited = 1u << 30;

// A wheel with records, each of which ends at most once.
struct Clockwork {
  explicit Clockwork(std::uint32_t begin, std::size_t count = 16)
      : now(begin), records(count), heads(Wheel::kSlots), wheel(records.data(), heads.data()) {
    wheel.start(begin);
  }

  void insert(std::uint32_t index, std::uint32_t timeout) {
    records[index].deadline = now + timeout;
    wheel.insert(index, now + timeout);
  }
  std::size_t expire(std::size_t budget = kUnlimited) {
    std::set<std::uint32_t> fetched;
    return wheel.expire(
        now, budget, [&](std::uint32_t index) { fetched.insert(index); },
        [&](std::uint32_t index) {
          EXPECT_EQ(fetched.count(index), 1u);
          ++looks;
          return records[index].deadline;
        },
        [this](std::uint32_t index) { ended[index] = now; });
  }
  // Lets time go by in steps; true when `index` has ended at the end of it.
  bool ends_within(std::uint32_t index, std::uint32_t ticks, std::uint32_t step = 1) {
    for (const std::uint32_t until = now + ticks; now != until;) {
      now += std::min(step, until - now);
      expire();
    }
    return ended.count(index) != 0;
  }

  std::uint32_t now;
  std::size_t looks = 0;
  std::vector<Timed> records;
  std::vector<std::uint32_t> heads;
  Wheel wheel;
  std::map<std::uint32_t, std::uint32_t> ended;  // index to time
};

// Beginnings around the wrap of 32 bits, of their half, and of a turn.
constexpr std::uint32_t kBeginnings[] = {
    0, 1, kSpan - 1, kTurn - 3, 0x7fffffff, 0x80000000, 0xffffffff, 0xffffffff - 3 * kTurn / 2};

TEST(TimerWheel, EndsAfterTheDeadlineWithinASpan) {
  for (const std::uint32_t begin : kBeginnings) {
    for (const std::uint32_t timeout : {1u, kSpan - 1, kSpan, kSpan + 1, 1000u, kTurn - kSpan,
                                        kTurn - 1, kTurn, kTurn + 1, 5 * kTurn / 2}) {
      Clockwork clock(begin);
      clock.insert(3, timeout);
      ASSERT_FALSE(clock.ends_within(3, timeout - 1)) << begin << " " << timeout;
      ASSERT_TRUE(clock.ends_within(3, kSpan + 1)) << begin << " " << timeout;
    }
  }
}

TEST(TimerWheel, PuttingOffTouchesNoList) {
  Clockwork clock(100);
  clock.insert(0, 1920);
  clock.now = 1000;
  clock.records[0].deadline = clock.now + 1920;
  clock.now = 2032;
  EXPECT_EQ(clock.expire(), 0u);
  EXPECT_EQ(clock.looks, 1u);
  EXPECT_FALSE(clock.ends_within(0, 2920 - 2032 - 1));
  EXPECT_TRUE(clock.ends_within(0, kSpan + 1));
  EXPECT_EQ(clock.looks, 2u);
}

TEST(TimerWheel, NearerDeadlineIsKept) {
  for (const std::uint32_t begin : kBeginnings) {
    Clockwork clock(begin);
    clock.insert(0, 5 * kTurn);
    clock.now += 40;
    clock.expire();
    clock.records[0].deadline = clock.now + 640;
    clock.wheel.advance(0, clock.now + 640);
    EXPECT_FALSE(clock.ends_within(0, 639));
    EXPECT_TRUE(clock.ends_within(0, kSpan + 1));
  }
}

TEST(TimerWheel, AdvancePutsNothingOff) {
  Clockwork clock(0);
  clock.insert(0, 100);
  clock.wheel.advance(0, 5000);  // the record's own deadline has not changed
  EXPECT_TRUE(clock.ends_within(0, 100 + kSpan));
}

TEST(TimerWheel, ErasedOnesNeverEnd) {
  Clockwork clock(0);
  for (std::uint32_t i = 0; i < 5; ++i) clock.insert(i, 50);  // one slot, from 4 to 0
  for (const std::uint32_t i : {2u, 4u, 0u}) clock.wheel.erase(i);
  clock.now = 1000;
  EXPECT_EQ(clock.expire(), 2u);
  EXPECT_TRUE(clock.ended.count(1) == 1 && clock.ended.count(3) == 1);
}

TEST(TimerWheel, BudgetIsKeptAndNothingIsSkipped) {
  Clockwork clock(0xfffff000, 1000);
  for (std::uint32_t i = 0; i < 1000; ++i) clock.insert(i, 1 + i * 7);
  clock.now += 7001 + kSpan;
  std::size_t ended = 0;
  for (int call = 0; call < 100; ++call) {
    const std::size_t before = clock.looks;
    const std::size_t now_ended = clock.expire(10);
    EXPECT_EQ(clock.looks - before, 10u);
    EXPECT_EQ(now_ended, 10u);
    ended += now_ended;
  }
  EXPECT_EQ(ended, 1000u);
  EXPECT_EQ(clock.expire(10), 0u);
}

// A worker that was stopped for hours, days or most of a year.
TEST(TimerWheel, LongPauseIsCaughtUp) {
  for (const std::uint32_t pause : {kTurn - 1, kTurn, kTurn + 5, 7 * kTurn + 3, 1u << 30}) {
    for (const std::uint32_t begin : kBeginnings) {
      Clockwork clock(begin);
      clock.insert(0, 100);
      clock.insert(1, 3 * kTurn);
      clock.insert(2, kTurn - 1);
      clock.insert(3, (1u << 30) + 1000);
      clock.now += pause;
      clock.expire();
      clock.now += kSpan;
      clock.expire();
      EXPECT_EQ(clock.ended.count(0), 1u);
      EXPECT_EQ(clock.ended.count(1), pause >= 3 * kTurn ? 1u : 0u);
      EXPECT_EQ(clock.ended.count(2), 1u);
      EXPECT_EQ(clock.ended.count(3), 0u);
      EXPECT_LE(clock.looks, 2 * clock.records.size());
      EXPECT_FALSE(clock.ends_within(3, (1u << 30) + 1000 - pause - kSpan - 1, 1u << 28));
      EXPECT_TRUE(clock.ends_within(3, kSpan + 1));
    }
  }
}

// Inserted while the wheel lags behind: the cursor's past must not swallow it.
TEST(TimerWheel, InsertedWhileLagging) {
  Clockwork clock(0);
  clock.insert(0, 10);
  clock.now = 10 * kTurn + 7;
  clock.insert(1, 500);
  EXPECT_EQ(clock.expire(1), 1u);
  clock.insert(2, 20);
  EXPECT_FALSE(clock.ends_within(2, 19));
  EXPECT_TRUE(clock.ends_within(2, kSpan + 1));
  EXPECT_FALSE(clock.ends_within(1, 500 - 20 - kSpan - 1));
  EXPECT_TRUE(clock.ends_within(1, kSpan + 1));
}

TEST(TimerWheel, TimeThatStandsStillOrGoesBackEndsNothing) {
  Clockwork clock(1000);
  clock.insert(0, 100);
  clock.now = 990;
  EXPECT_EQ(clock.expire(), 0u);
  clock.now = 1000;
  EXPECT_EQ(clock.expire(), 0u);
  EXPECT_EQ(clock.looks, 0u);
}

}  // namespace
}  // namespace portico
