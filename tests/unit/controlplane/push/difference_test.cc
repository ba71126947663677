#include "controlplane/push/difference.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/desired_maps.h"

namespace portico {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> everything(const DesiredMaps& state) {
  std::vector<std::string> all;
  EXPECT_TRUE(everything(state_of(state), [&](const v1::PushRequest& request) {
    all.push_back(request.ShortDebugString());
    return true;
  }));
  return all;
}

std::vector<std::string> difference(const DesiredState& before, const DesiredState& after) {
  std::vector<std::string> all;
  EXPECT_TRUE(difference(before, after, [&](const v1::PushRequest& request) {
    all.push_back(request.ShortDebugString());
    return true;
  }));
  return all;
}

DesiredMaps sample() {
  DesiredMaps state;
  state.services["x/a"].set_name("x/a");
  v1::Endpoint& endpoint = state.endpoints[{"x/a", "e"}];
  endpoint.set_service("x/a");
  endpoint.set_name("e");
  state.routes["10.0.0.0/8"].set_prefix("10.0.0.0/8");
  return state;
}

TEST(Everything, BeginsWithAReset) {
  EXPECT_THAT(everything(DesiredMaps()), ElementsAre("reset { }"));
  EXPECT_THAT(everything(sample()), ElementsAre("reset { }", "set { service { name: \"x/a\" } }",
                                                "set { endpoint { name: \"e\" service: \"x/a\" } }",
                                                "set { route { prefix: \"10.0.0.0/8\" } }"));
}

TEST(Difference, IsNothingBetweenEqualStates) {
  EXPECT_THAT(difference(DesiredState(), DesiredState()), IsEmpty());
  EXPECT_THAT(difference(state_of(sample()), state_of(sample())), IsEmpty());
}

TEST(Difference, DeletesWhatIsGone) {
  EXPECT_THAT(difference(state_of(sample()), {}),
              ElementsAre("delete { service: \"x/a\" }",
                          "delete { endpoint { service: \"x/a\" name: \"e\" } }",
                          "delete { route: \"10.0.0.0/8\" }"));
}

TEST(Difference, SetsOnlyWhatIsNewOrDiffers) {
  DesiredMaps after = sample();
  after.services["x/a"].set_selection(v1::SELECTION_MAGLEV);
  after.services["x/0"].set_name("x/0");
  after.endpoints[{"x/a", "f"}].set_name("f");
  after.endpoints.erase({"x/a", "e"});
  EXPECT_THAT(difference(state_of(sample()), state_of(after)),
              ElementsAre("set { service { name: \"x/0\" } }",
                          "set { service { name: \"x/a\" selection: SELECTION_MAGLEV } }",
                          "delete { endpoint { service: \"x/a\" name: \"e\" } }",
                          "set { endpoint { name: \"f\" } }"));
}

// A gateway that went away takes no more: then nobody asks what else there would be.
TEST(Difference, EndsWhereItIsTold) {
  int requests = 0;
  EXPECT_FALSE(difference(DesiredState(), state_of(sample()),
                          [&](const v1::PushRequest&) { return ++requests < 2; }));
  EXPECT_EQ(requests, 2);
}

}  // namespace
}  // namespace portico
