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

TEST(IsLocalTarget, KnowsWhatNobodyElseCanRead) {
  for (const char* target : {"unix:/run/portico/porticod.sock", "/run/portico/porticod.sock",
                             "localhost:9000", "127.0.0.2:9000", "[::1]:9000"}) {
    EXPECT_TRUE(is_local_target(target)) << target;
  }
  for (const char* target : {"gw-1:9000", "10.0.0.1:9000", "[2001:db8::1]:9000", "0.0.0.0:9000",
                             "localhost.example.org:9000"}) {
    EXPECT_FALSE(is_local_target(target)) << target;
  }
}

}  // namespace
}  // namespace portico
