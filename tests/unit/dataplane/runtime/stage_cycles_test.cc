#include "dataplane/runtime/stage_cycles.h"

#include <gtest/gtest.h>

#include <map>

#include "dataplane/stage/pipeline.h"

namespace portico {
namespace {

// A clock that takes `cost` to read, and else stands still.
std::uint64_t now, cost;
std::uint64_t read_clock() noexcept {
  return now += cost;
}

class StageCyclesTest : public testing::Test {
 protected:
  StageCyclesTest() {
    now = 1000;
    cost = 0;
  }

  // A burst of one family: each part takes what `takes` says, or nothing.
  static void pass(StageCycles& cycles, std::uint32_t packets,
                   std::map<std::string, std::uint64_t> takes) {
    cycles.begin();
    now += takes["receive"];
    cycles.received(packets);
    for (std::size_t i = 0; i < kStageCount; ++i) {
      now += takes[to_string(static_cast<Stage>(i))];
      cycles(static_cast<Stage>(i));
    }
    now += takes["settle"];
    cycles.settled();
    cycles.end();
  }
  static void pass_unsampled(StageCycles& cycles) {
    for (std::uint32_t i = 1; i < StageCycles::kPeriod; ++i) pass(cycles, 32, {{"parse", 1 << 10}});
  }
  static std::map<std::string, std::uint64_t> taken(const StageCycles& cycles) {
    std::map<std::string, std::uint64_t> taken;
    for (const WorkerCycles::Stage& stage : cycles.read().stages) {
      if (stage.cycles > 0) taken[stage.name] = stage.cycles;
    }
    return taken;
  }
  using Taken = std::map<std::string, std::uint64_t>;
};

TEST_F(StageCyclesTest, TellsAllInThePacketsOrder) {
  const std::vector<WorkerCycles::Stage> stages = StageCycles(read_clock).read().stages;
  ASSERT_EQ(stages.size(), kStageCount + 2);
  EXPECT_EQ(stages.front().name, "receive");
  EXPECT_EQ(stages[1].name, to_string(Stage::kParse));
  EXPECT_EQ(stages[kStageCount].name, to_string(Stage::kNextHop));
  EXPECT_EQ(stages.back().name, "settle");
}

TEST_F(StageCyclesTest, SamplesOneBurstInSoMany) {
  StageCycles cycles(read_clock);
  pass_unsampled(cycles);
  EXPECT_EQ(cycles.read().bursts, 0u);
  EXPECT_EQ(taken(cycles), Taken());

  pass(cycles, 20, {{"receive", 5}, {"parse", 40}, {"next_hop", 30}, {"settle", 9}});
  EXPECT_EQ(cycles.read().bursts, 1u);
  EXPECT_EQ(cycles.read().packets, 20u);
  EXPECT_EQ(taken(cycles), (Taken{{"receive", 5}, {"parse", 40}, {"next_hop", 30}, {"settle", 9}}));

  pass_unsampled(cycles);
  EXPECT_EQ(cycles.read().bursts, 1u);
  pass(cycles, 3, {{"parse", 2}, {"steer", 4}});
  EXPECT_EQ(cycles.read().bursts, 2u);
  EXPECT_EQ(cycles.read().packets, 23u);
  EXPECT_EQ(taken(cycles),
            (Taken{{"receive", 5}, {"parse", 42}, {"steer", 4}, {"next_hop", 30}, {"settle", 9}}));
}

TEST_F(StageCyclesTest, AnEmptyPollIsNoBurst) {
  StageCycles cycles(read_clock);
  pass_unsampled(cycles);
  for (int i = 0; i < 1000; ++i) {
    cycles.begin();
    now += 50;
  }
  EXPECT_EQ(cycles.read().bursts, 0u);
  pass(cycles, 1, {{"receive", 5}});
  EXPECT_EQ(taken(cycles), (Taken{{"receive", 5}}));
}

// Of two families, or because fragments have become a packet that goes the same way.
TEST_F(StageCyclesTest, AStageThatRunsTwiceAddsUp) {
  StageCycles cycles(read_clock);
  pass_unsampled(cycles);
  cycles.begin();
  cycles.received(2);
  for (const std::uint64_t part : {100u, 7u}) {
    now += part;
    cycles(Stage::kTrack);
    now += 2 * part;
    cycles.settled();
  }
  cycles.end();
  EXPECT_EQ(cycles.read().packets, 2u);
  EXPECT_EQ(taken(cycles), (Taken{{"track", 107}, {"settle", 214}}));
}

TEST_F(StageCyclesTest, LeavesOutWhatTheClockCosts) {
  cost = 30;
  StageCycles cycles(read_clock);
  pass_unsampled(cycles);
  pass(cycles, 1, {{"parse", 40}, {"settle", 2}});
  EXPECT_EQ(taken(cycles), (Taken{{"parse", 40}, {"settle", 2}}));
}

// A cost is a guess: a read that is faster than it takes nothing, rather than ages.
TEST_F(StageCyclesTest, NothingIsLessThanNothing) {
  cost = 30;
  StageCycles cycles(read_clock);
  pass_unsampled(cycles);
  cost = 20;
  pass(cycles, 1, {{"parse", 40}});
  EXPECT_EQ(taken(cycles), (Taken{{"parse", 30}}));
}

TEST_F(StageCyclesTest, ABurstThatWasInterruptedDoesNotCount) {
  StageCycles cycles(read_clock);
  pass_unsampled(cycles);
  pass(cycles, 1, {{"parse", StageCycles::kInterrupted}});
  EXPECT_EQ(cycles.read().bursts, 0u);
  EXPECT_EQ(taken(cycles), Taken());
  pass_unsampled(cycles);
  pass(cycles, 1, {{"parse", 1}});
  EXPECT_EQ(taken(cycles), (Taken{{"parse", 1}}));
}

}  // namespace
}  // namespace portico
