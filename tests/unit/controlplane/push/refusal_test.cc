// What a client makes of refusals.

#include <chrono>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/controlplane/push/push_client_fixture.h"

namespace portico {
namespace {

using testing::ElementsAre;

TEST_F(PushClientTest, LeavesOutWhatIsRefusedAndPushesTheRest) {
  gateway_.refuse_service("bad");
  EXPECT_TRUE(pushed(1, services({"a"})));
  EXPECT_FALSE(pushed(2, services({"bad", "b"}))) << "not all of it";
  EXPECT_THAT(gateway_.take_log(),
              ElementsAre("open test", "reset", "set service a", "sync 1",  //
                          "delete service a", "set service b", "set service bad", "sync 2",
                          "delete service a", "set service b", "sync 2"));
  EXPECT_THAT(gateway_.objects(), ElementsAre("service b"));
  EXPECT_FALSE(pushed(3, services({"bad", "c"})));
  EXPECT_THAT(gateway_.take_log(), ElementsAre("delete service b", "set service c", "sync 3"))
      << "it has not changed";
  EXPECT_TRUE(pushed(4, services({"c"})));
}

TEST_F(PushClientTest, LeavesOutWhatIsRefusedAtFirst) {
  gateway_.refuse_service("bad");
  gateway_.refuse_service("worse");
  EXPECT_FALSE(pushed(1, services({"a", "bad", "worse"})));
  EXPECT_THAT(gateway_.take_log(),
              ElementsAre("open test",  //
                          "reset", "set service a", "set service bad", "set service worse",
                          "sync 1", "reset", "set service a", "set service worse", "sync 1",  //
                          "reset", "set service a", "sync 1"));
  EXPECT_THAT(gateway_.objects(), ElementsAre("service a"));
}

TEST_F(PushClientTest, TriesAgainWhatIsLeftOutWhenItChanges) {
  gateway_.refuse_service("bad");
  EXPECT_FALSE(pushed(1, services({"a", "bad"})));
  gateway_.like_service("bad");
  EXPECT_FALSE(pushed(2, services({"a", "b", "bad"}))) << "nobody knows that it would be good now";
  EXPECT_THAT(gateway_.objects(), ElementsAre("service a", "service b"));
  EXPECT_TRUE(pushed(3, services({"a", "bad"}, 81)));
  EXPECT_THAT(gateway_.objects(), ElementsAre("service a", "service bad"));
}

TEST_F(PushClientTest, TriesAgainWhatIsLeftOutAfterAWhile) {
  client_->stop();
  make_client({.target = target_,
               .source = "test",
               .user_agent = "",
               .try_again = std::chrono::milliseconds(20)});
  gateway_.refuse_service("bad");
  EXPECT_FALSE(pushed(1, services({"a", "bad"})));
  gateway_.like_service("bad");
  EXPECT_TRUE(gateway_.wait_for_object("service bad"));
}

// However much changes meanwhile.
TEST_F(PushClientTest, TriesAgainWhatIsLeftOutBetweenChanges) {
  client_->stop();
  make_client({.target = target_,
               .source = "test",
               .user_agent = "",
               .try_again = std::chrono::milliseconds(500)});
  gateway_.refuse_service("bad");
  EXPECT_FALSE(pushed(1, services({"bad"})));
  gateway_.like_service("bad");
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  bool is_whole = false;
  for (std::uint64_t number = 2; !is_whole && std::chrono::steady_clock::now() < limit; ++number) {
    is_whole = pushed(number, services({"bad", absl::StrCat("web-", number)}));
  }
  EXPECT_TRUE(is_whole);
}

TEST_F(PushClientTest, TriesAgainWhatIsLeftOutInTheNextStream) {
  gateway_.refuse_service("bad");
  EXPECT_FALSE(pushed(1, services({"a", "bad"})));
  gateway_.like_service("bad");
  gateway_.stop();
  gateway_.start(target_);
  EXPECT_TRUE(gateway_.wait_for_object("service bad"));
}

// A table that is full names nobody.
TEST_F(PushClientTest, GivesUpARevisionThatIsRefusedForNoObject) {
  EXPECT_TRUE(pushed(1, services({"a"})));
  gateway_.take_log();
  gateway_.refuse_as_a_whole("many");
  EXPECT_FALSE(pushed(2, services({"many"})));
  EXPECT_THAT(gateway_.take_log(), ElementsAre("delete service a", "set service many", "sync 2"));
  EXPECT_THAT(gateway_.objects(), ElementsAre("service a")) << "what ran goes on";
  EXPECT_TRUE(pushed(3, services({"a", "c"})));
  EXPECT_THAT(gateway_.take_log(), ElementsAre("set service c", "sync 3"));
}

}  // namespace
}  // namespace portico
