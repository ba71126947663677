#include "dataplane/state/age_lists.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <deque>
#include <random>
#include <set>
#include <vector>

#include "tests/support/property_seed.h"

namespace portico {
namespace {

struct Record {
  std::uint32_t next_in_slot = 0;
  std::uint32_t previous_in_slot = 0;
  std::uint32_t wheel_slot = 0;
  std::uint32_t deadline = 0;
};

constexpr std::uint32_t kFirstSlot = 100;
constexpr std::uint32_t kNow = 0xfffffff0;  // ticks go round soon

class AgeListsTest : public testing::Test {
 protected:
  void append(std::uint32_t index, std::size_t list, std::uint32_t deadline) {
    records_[index].deadline = deadline;
    lists_.append(index, list, deadline);
  }
  std::vector<std::uint32_t> expire(std::uint32_t now, std::size_t budget = 100) {
    std::vector<std::uint32_t> ended;
    std::set<std::uint32_t> fetched;
    const std::size_t count = lists_.expire(
        now, budget, [&](std::uint32_t index) { fetched.insert(index); },
        [&](std::uint32_t index) {
          EXPECT_EQ(fetched.count(index), 1u);
          return records_[index].deadline;
        },
        [&](std::uint32_t index) { ended.push_back(index); });
    EXPECT_EQ(count, ended.size());
    return ended;
  }
  std::uint32_t oldest(std::size_t list, std::size_t most = 100) const {
    return lists_.oldest(list, most, [](std::uint32_t) { return true; });
  }

  std::array<Record, 64> records_;
  AgeLists<Record, 3> lists_{records_.data(), kFirstSlot};
};
using Indices = std::vector<std::uint32_t>;

TEST_F(AgeListsTest, TellsItsListByTheSlot) {
  lists_.start(kNow);
  append(7, 2, kNow + 5);
  EXPECT_EQ(records_[7].wheel_slot, kFirstSlot + 2);
  EXPECT_EQ(oldest(2), 7u);
  EXPECT_EQ(oldest(0), (AgeLists<Record, 3>::kNone));
}

TEST_F(AgeListsTest, EndsTheOldestFirstAndNobodyBeforeItsTime) {
  lists_.start(kNow + 20);
  append(1, 0, kNow + 20);
  append(2, 0, kNow + 21);
  append(3, 1, kNow + 20);  // beyond the end of the circle of ticks
  EXPECT_EQ(expire(kNow + 19), Indices{});
  EXPECT_EQ(expire(kNow + 20), (Indices{1, 3}));
  EXPECT_EQ(expire(kNow + 20), Indices{});
  EXPECT_EQ(expire(kNow + 21), Indices{2});
}

TEST_F(AgeListsTest, WhatTheBudgetLeavesEndsNextTime) {
  lists_.start(kNow);
  for (std::uint32_t i = 0; i < 5; ++i) append(i, i % 2, kNow + 1);
  EXPECT_EQ(expire(kNow + 1, 2).size(), 2u);
  EXPECT_EQ(expire(kNow + 1, 2).size(), 2u);
  EXPECT_EQ(expire(kNow + 1, 2).size(), 1u);
  EXPECT_EQ(expire(kNow + 1, 2).size(), 0u);
}

TEST_F(AgeListsTest, LooksNoFurtherForTheOldestThanItIsTold) {
  lists_.start(kNow);
  for (std::uint32_t i = 0; i < 4; ++i) append(i, 0, kNow + 1);
  const auto accept_third = [](std::uint32_t index) { return index == 2; };
  EXPECT_EQ(lists_.oldest(0, 3, accept_third), 2u);
  EXPECT_EQ(lists_.oldest(0, 2, accept_third), (AgeLists<Record, 3>::kNone));
}

// Random appending, leaving and expiring beside a deque a list.
TEST_F(AgeListsTest, IsAQueueAList) {
  const std::uint64_t seed = property_seed();
  SCOPED_TRACE(how_to_repeat(seed));
  std::mt19937_64 random(seed);
  std::array<std::deque<std::uint32_t>, 3> model;
  std::vector<std::uint32_t> free(records_.size());
  for (std::uint32_t i = 0; i < free.size(); ++i) free[i] = i;
  std::uint32_t now = kNow;
  lists_.start(now);
  for (int step = 0; step < 20000 && !HasFailure(); ++step) {
    const std::size_t list = random() % 3;
    switch (random() % 3) {
      case 0:
        if (free.empty()) break;
        append(free.back(), list, now + 10 * static_cast<std::uint32_t>(list + 1));
        model[list].push_back(free.back());
        free.pop_back();
        break;
      case 1: {
        if (model[list].empty()) break;
        const std::size_t place = random() % model[list].size();
        lists_.erase(model[list][place]);
        free.push_back(model[list][place]);
        model[list].erase(model[list].begin() + static_cast<std::ptrdiff_t>(place));
        break;
      }
      default:
        now += static_cast<std::uint32_t>(random() % 3);
        for (const std::uint32_t index : expire(now)) {
          auto& queue = model[records_[index].wheel_slot - kFirstSlot];
          ASSERT_EQ(queue.front(), index);
          ASSERT_LE(static_cast<std::int32_t>(records_[index].deadline - now), 0);
          queue.pop_front();
          free.push_back(index);
        }
    }
    for (std::size_t i = 0; i < model.size(); ++i) {
      EXPECT_EQ(oldest(i), model[i].empty() ? 0xffffffffu : model[i].front());
      if (!model[i].empty()) {
        EXPECT_GT(static_cast<std::int32_t>(records_[model[i].front()].deadline - now), 0);
      }
    }
  }
}

}  // namespace
}  // namespace portico
