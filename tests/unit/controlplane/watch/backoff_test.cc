#include "controlplane/watch/backoff.h"

#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace portico {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;

const Backoff::Time kNow{std::chrono::hours(1)};

TEST(Backoff, DoublesFrom800MillisecondsTo30Seconds) {
  Backoff backoff([] { return 0.0; });
  std::vector<milliseconds::rep> waits;
  Backoff::Time now = kNow;
  for (int i = 0; i < 8; ++i) {
    const Backoff::Time next = backoff.after_failure(now);
    waits.push_back(std::chrono::duration_cast<milliseconds>(next - now).count());
    now = next;
  }
  EXPECT_THAT(waits, ElementsAre(800, 1600, 3200, 6400, 12800, 25600, 30000, 30000));
}

TEST(Backoff, AddsAsMuchAgainAtRandom) {
  double random = 0.5;
  Backoff backoff([&random] { return random; });
  EXPECT_EQ(backoff.after_failure(kNow), kNow + milliseconds(1200));
  random = 0.999;
  EXPECT_EQ(backoff.after_failure(kNow), kNow + milliseconds(3198));
}

TEST(Backoff, BeginsAnewAfterTwoMinutesOfHealth) {
  Backoff backoff([] { return 0.0; });
  backoff.after_failure(kNow);
  const Backoff::Time last = backoff.after_failure(kNow);
  EXPECT_EQ(backoff.after_failure(last + seconds(120)), last + seconds(120) + milliseconds(3200));
  const Backoff::Time healthy = last + seconds(120) + milliseconds(3200) + seconds(121);
  EXPECT_EQ(backoff.after_failure(healthy), healthy + milliseconds(800));
}

// k8s.io/client-go/rest: ten times.
TEST(Backoff, ObeysRetryAfterTenTimesInARow) {
  Backoff backoff([] { return 0.0; });
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(backoff.after_failure(kNow, seconds(2)), kNow + seconds(2)) << i;
  }
  EXPECT_EQ(backoff.after_failure(kNow, seconds(2)), kNow + seconds(30));
  EXPECT_EQ(backoff.after_failure(kNow, seconds(60)), kNow + seconds(60));
}

TEST(Backoff, DoesNotBelieveAnythingOfRetryAfter) {
  Backoff backoff([] { return 0.0; });
  EXPECT_EQ(backoff.after_failure(kNow, seconds(1'000'000'000)), kNow + seconds(300));
  EXPECT_EQ(backoff.after_failure(kNow, seconds(-5)), kNow);
}

}  // namespace
}  // namespace portico
