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

// A request, or the changes in it.
void append(const v1::PushRequest& request, std::vector<std::string>* all) {
  if (!request.has_changes()) all->push_back(request.ShortDebugString());
  for (const v1::Change& change : request.changes().changes()) {
    all->push_back(change.ShortDebugString());
  }
}

std::vector<std::string> everything(const DesiredMaps& state) {
  std::vector<std::string> all;
  EXPECT_TRUE(everything(state_of(state), [&](const v1::PushRequest& request) {
    append(request, &all);
    return true;
  }));
  return all;
}

std::vector<std::string> difference(const DesiredState& before, const DesiredState& after) {
  std::vector<std::string> all;
  EXPECT_TRUE(difference(before, after, [&](const v1::PushRequest& request) {
    append(request, &all);
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

// More than fits into one request, and a Service that is more than that alone.
DesiredMaps large() {
  DesiredMaps state;
  for (int i = 1000; i < 3000; ++i) {
    v1::Service& service = state.services["x/" + std::to_string(i)];
    service.set_name("x/" + std::to_string(i));
    service.add_addresses()->set_address("10.0.0.1");
  }
  for (int i = 0; i < 3000; ++i) {
    state.services["x/1500"].mutable_addresses(0)->add_source_ranges("198.51.100.0/24");
  }
  return state;
}

TEST(Difference, FillsRequestsAndKeepsTheirOrder) {
  std::vector<std::string> names;
  std::size_t requests = 0, bytes = 0;
  EXPECT_TRUE(difference(DesiredState(), state_of(large()), [&](const v1::PushRequest& request) {
    ++requests;
    bytes += request.ByteSizeLong();
    const auto& changes = request.changes().changes();
    EXPECT_GT(changes.size(), 0);
    // Nothing is added to a full one.
    std::size_t before_the_last = 0;
    for (int i = 0; i + 1 < changes.size(); ++i) before_the_last += changes[i].ByteSizeLong();
    EXPECT_LT(before_the_last, kChangesBytes);
    for (const v1::Change& change : changes) names.push_back(change.set().service().name());
    return true;
  }));
  std::vector<std::string> expected;
  for (const auto& [name, service] : large().services) expected.push_back(name);
  EXPECT_EQ(names, expected);
  EXPECT_GE(requests, 3u);
  EXPECT_LE(requests, 1 + bytes / kChangesBytes);  // no less than full, but the last
}

// A gateway that went away takes no more: then nobody asks what else there would be.
TEST(Difference, EndsWhereItIsTold) {
  int requests = 0;
  EXPECT_FALSE(difference(DesiredState(), state_of(large()),
                          [&](const v1::PushRequest&) { return ++requests < 2; }));
  EXPECT_EQ(requests, 2);
}

}  // namespace
}  // namespace portico
