#include "controlplane/http/connection_watch.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace portico {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using namespace std::chrono_literals;

// client-go asks after 30 s and wait for 15.
class ConnectionWatchTest : public testing::Test {
 protected:
  ConnectionWatchTest() { watch_.configure(30s, 15s); }

  // A round in which connection 7 is in use.
  ConnectionWatch::Decisions round(std::chrono::seconds now, std::chrono::seconds last_heard) {
    watch_.begin_round();
    watch_.note(7, "https://a", at(last_heard));
    return watch_.decide(at(now));
  }
  static ConnectionWatch::TimePoint at(std::chrono::seconds time) {
    return ConnectionWatch::TimePoint(1000s + time);
  }

  ConnectionWatch watch_;
};

TEST_F(ConnectionWatchTest, AsksTheSilentOnce) {
  EXPECT_THAT(round(29s, 0s).ask, IsEmpty());
  EXPECT_EQ(watch_.next_due(), at(30s));
  const auto decisions = round(30s, 0s);
  ASSERT_EQ(decisions.ask.size(), 1U);
  EXPECT_EQ(decisions.ask[0].connection, 7);
  EXPECT_EQ(decisions.ask[0].url, "https://a");
  watch_.asked(7, 5, at(30s));
  EXPECT_THAT(round(31s, 0s).ask, IsEmpty());
  EXPECT_EQ(watch_.next_due(), at(45s));
}

TEST_F(ConnectionWatchTest, AnAnswerIsASignOfLife) {
  round(30s, 0s);
  watch_.asked(7, 5, at(30s));
  watch_.answered(7, 4, at(31s));  // another question
  watch_.answered(8, 5, at(31s));  // another connection
  EXPECT_THAT(round(32s, 0s).needless, IsEmpty());
  watch_.answered(7, 5, at(33s));
  EXPECT_THAT(round(33s, 0s).needless, ElementsAre(5));
  EXPECT_THAT(round(62s, 0s).ask, IsEmpty());
  EXPECT_EQ(round(63s, 0s).ask.size(), 1U);
}

TEST_F(ConnectionWatchTest, SoIsAnythingElse) {
  round(30s, 0s);
  watch_.asked(7, 5, at(30s));
  EXPECT_THAT(round(45s, 31s).needless, ElementsAre(5));
  EXPECT_EQ(watch_.next_due(), at(61s));
}

TEST_F(ConnectionWatchTest, WithoutOneItIsDead) {
  round(30s, 0s);
  watch_.asked(7, 5, at(30s));
  EXPECT_THAT(round(44s, 0s).dead, IsEmpty());
  const auto decisions = round(45s, 0s);
  ASSERT_EQ(decisions.dead.size(), 1U);
  EXPECT_EQ(decisions.dead[0].connection, 7);
  EXPECT_EQ(decisions.dead[0].silence, 45s);
}

TEST_F(ConnectionWatchTest, ForgetsWhatIsNotUsed) {
  round(30s, 0s);
  watch_.asked(7, 5, at(30s));
  watch_.begin_round();
  const auto decisions = watch_.decide(at(45s));
  EXPECT_THAT(decisions.needless, ElementsAre(5));
  EXPECT_THAT(decisions.dead, IsEmpty());
  EXPECT_EQ(watch_.next_due(), ConnectionWatch::TimePoint::max());
}

}  // namespace
}  // namespace portico
