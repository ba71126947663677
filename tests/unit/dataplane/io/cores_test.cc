#include "dataplane/io/cores.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace portico {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

CorePlan plan(const WorkersConfig& config, const std::vector<unsigned>& available) {
  auto plan = plan_cores(config, available);
  EXPECT_TRUE(plan.ok()) << plan.status();
  return plan.ok() ? *plan : CorePlan{};
}

TEST(Cores, WorkersTakeTheLastAndOneIsLeftForControl) {
  const CorePlan two = plan({}, {0, 1});
  EXPECT_THAT(two.workers, ElementsAre(1));
  EXPECT_THAT(two.control, ElementsAre(0));
  const CorePlan four = plan({}, {2, 3, 6, 7});
  EXPECT_THAT(four.workers, ElementsAre(3, 6, 7));
  EXPECT_THAT(four.control, ElementsAre(2));
}

TEST(Cores, OnOneCoreBothShareIt) {
  const CorePlan one = plan({}, {5});
  EXPECT_THAT(one.workers, ElementsAre(5));
  EXPECT_THAT(one.control, ElementsAre(5));
}

TEST(Cores, CountSaysHowMany) {
  const CorePlan some = plan({.count = 2, .cores = {}}, {0, 1, 2, 3});
  EXPECT_THAT(some.workers, ElementsAre(2, 3));
  EXPECT_THAT(some.control, ElementsAre(0, 1));
  const CorePlan all = plan({.count = 2, .cores = {}}, {0, 1});
  EXPECT_THAT(all.workers, ElementsAre(0, 1));
  EXPECT_THAT(all.control, ElementsAre(0));
}

TEST(Cores, ConfiguredCoresAreTaken) {
  const CorePlan some = plan({.count = 0, .cores = {0, 2}}, {0, 1, 2, 3});
  EXPECT_THAT(some.workers, ElementsAre(0, 2));
  EXPECT_THAT(some.control, ElementsAre(1, 3));
}

TEST(Cores, RefusesWhatIsNotThere) {
  const auto many = plan_cores({.count = 3, .cores = {}}, {0, 1});
  EXPECT_EQ(many.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(many.status().message()), HasSubstr("workers.count"));
  const auto absent = plan_cores({.count = 0, .cores = {1, 9}}, {0, 1});
  EXPECT_EQ(absent.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(absent.status().message()), HasSubstr("core 9"));
}

TEST(Cores, ThisProcessMayRunSomewhere) {
  EXPECT_FALSE(available_cores().empty());
}

}  // namespace
}  // namespace portico
