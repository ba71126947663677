#include "controlplane/push/difference.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace portico {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> texts(const std::vector<v1::PushRequest>& requests) {
  std::vector<std::string> all;
  for (const v1::PushRequest& request : requests) all.push_back(request.ShortDebugString());
  return all;
}

DesiredState sample() {
  DesiredState state;
  state.services["x/a"].set_name("x/a");
  v1::Endpoint& endpoint = state.endpoints[{"x/a", "e"}];
  endpoint.set_service("x/a");
  endpoint.set_name("e");
  state.routes["10.0.0.0/8"].set_prefix("10.0.0.0/8");
  return state;
}

TEST(Everything, BeginsWithAReset) {
  EXPECT_THAT(texts(everything({})), ElementsAre("reset { }"));
  EXPECT_THAT(texts(everything(sample())),
              ElementsAre("reset { }", "set { service { name: \"x/a\" } }",
                          "set { endpoint { name: \"e\" service: \"x/a\" } }",
                          "set { route { prefix: \"10.0.0.0/8\" } }"));
}

TEST(Difference, IsNothingBetweenEqualStates) {
  EXPECT_THAT(difference({}, {}), IsEmpty());
  EXPECT_THAT(difference(sample(), sample()), IsEmpty());
}

TEST(Difference, DeletesWhatIsGone) {
  EXPECT_THAT(texts(difference(sample(), {})),
              ElementsAre("delete { service: \"x/a\" }",
                          "delete { endpoint { service: \"x/a\" name: \"e\" } }",
                          "delete { route: \"10.0.0.0/8\" }"));
}

TEST(Difference, SetsOnlyWhatIsNewOrDiffers) {
  DesiredState after = sample();
  after.services["x/a"].set_selection(v1::SELECTION_MAGLEV);
  after.services["x/0"].set_name("x/0");
  after.endpoints[{"x/a", "f"}].set_name("f");
  EXPECT_THAT(texts(difference(sample(), after)),
              ElementsAre("set { service { name: \"x/0\" } }",
                          "set { service { name: \"x/a\" selection: SELECTION_MAGLEV } }",
                          "set { endpoint { name: \"f\" } }"));
}

}  // namespace
}  // namespace portico
