#include "controlplane/push/channel.h"

#include "gtest/gtest.h"

namespace portico {
namespace {

using std::chrono::milliseconds;

TEST(RetryDelay, DoublesUpToItsLongest) {
  RetryDelay delay(milliseconds(50), milliseconds(300));
  for (const int expected : {50, 100, 200, 300, 300}) {
    EXPECT_EQ(delay.next(), milliseconds(expected));
  }
  delay.reset();
  EXPECT_EQ(delay.next(), milliseconds(50));
}

TEST(BackoffFor, IsShortOnTheSameMachine) {
  EXPECT_EQ(retry_delay_for("unix:/run/portico/porticod.sock").next(), milliseconds(50));
  EXPECT_EQ(retry_delay_for("/run/portico/porticod.sock").next(), milliseconds(50));
  EXPECT_EQ(retry_delay_for("gateway-1:9000").next(), milliseconds(200));
}

}  // namespace
}  // namespace portico
