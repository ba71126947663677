#include "dataplane/stage/rate_limit.h"

#include <gtest/gtest.h>

namespace portico {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(RateLimit, LetsABurstThroughAndThenTheRate) {
  RateLimit limit(1000, 50);
  Instant now = Instant() + seconds(100);
  int passed = 0;
  for (int i = 0; i < 1000; ++i) passed += limit.take(now);
  EXPECT_EQ(passed, 50);
  passed = 0;
  for (int i = 0; i < 100; ++i) {
    now += milliseconds(1);
    for (int j = 0; j < 10; ++j) passed += limit.take(now);
  }
  EXPECT_EQ(passed, 100);
}

TEST(RateLimit, SavesNoMoreThanABurst) {
  RateLimit limit(10, 5);
  int passed = 0;
  for (int i = 0; i < 100; ++i) passed += limit.take(Instant() + seconds(3600));
  EXPECT_EQ(passed, 5);
}

}  // namespace
}  // namespace portico
