#include "controlplane/push/left_out.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/desired_maps.h"

namespace portico {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Key;
using testing::Pair;

v1::Refusal naming(const std::vector<std::string>& objects) {
  v1::Refusal refusal;
  for (const std::string& object : objects) refusal.add_violations()->set_object(object);
  return refusal;
}

// shop/a with endpoints x/1 and y, shop/b without, and a route.
class LeftOutTest : public testing::Test {
 protected:
  LeftOutTest() {
    for (const char* name : {"shop/a", "shop/b"}) maps_.services[name].set_name(name);
    for (const char* name : {"x/1", "y"}) {
      v1::Endpoint& endpoint = maps_.endpoints[{"shop/a", name}];
      endpoint.set_service("shop/a");
      endpoint.set_name(name);
    }
    maps_.routes["10.1.0.0/16"].set_prefix("10.1.0.0/16");
  }
  DesiredMaps rest() { return maps_of(left_out_.apply(state_of(maps_))); }

  DesiredMaps maps_;
  LeftOut left_out_;
};

TEST_F(LeftOutTest, IsAServiceWithItsEndpoints) {
  EXPECT_TRUE(left_out_.add(naming({"service shop/a"}), state_of(maps_)));
  EXPECT_THAT(rest().services, ElementsAre(Key("shop/b")));
  EXPECT_THAT(rest().endpoints, IsEmpty());
  EXPECT_TRUE(left_out_.contains("service shop/a"));
  maps_.endpoints.erase({"shop/a", "y"});
  EXPECT_THAT(rest().services, ElementsAre(Key("shop/b"))) << "it is the same";
  maps_.services["shop/a"].add_ports()->set_port(80);
  EXPECT_THAT(rest().services, ElementsAre(Key("shop/a"), Key("shop/b")));
  EXPECT_TRUE(left_out_.empty());
}

TEST_F(LeftOutTest, IsAnEndpointOrARouteAlone) {
  EXPECT_TRUE(left_out_.add(naming({"endpoint shop/a/x/1", "route 10.1.0.0/16"}), state_of(maps_)));
  EXPECT_EQ(left_out_.size(), 2u);
  EXPECT_TRUE(left_out_.contains("endpoint shop/a/x/1"));
  EXPECT_TRUE(left_out_.contains("route 10.1.0.0/16"));
  EXPECT_THAT(rest().services, ElementsAre(Key("shop/a"), Key("shop/b")));
  EXPECT_THAT(rest().endpoints, ElementsAre(Key(Pair("shop/a", "y"))));
  EXPECT_THAT(rest().routes, IsEmpty());
  maps_.endpoints[{"shop/a", "x/1"}].set_address("192.168.1.1");
  maps_.routes["10.1.0.0/16"].set_gateway("10.0.0.1");
  EXPECT_EQ(rest().endpoints.size(), 2u);
  EXPECT_EQ(rest().routes.size(), 1u);
}

TEST_F(LeftOutTest, IsForgottenWhenItIsGone) {
  EXPECT_TRUE(left_out_.add(naming({"endpoint shop/a/y", "service shop/b", "route 10.1.0.0/16"}),
                            state_of(maps_)));
  const DesiredMaps before = maps_;
  maps_ = {};
  rest();
  EXPECT_TRUE(left_out_.empty());
  maps_ = before;
  EXPECT_EQ(rest().services.size(), 2u);
}

TEST_F(LeftOutTest, IsNothingThatIsNotThere) {
  for (const char* object : {"", "service shop/c", "endpoint shop/a/z", "endpoint shop/a",
                             "endpoint junk", "route 10.2.0.0/16", "table services", "service "}) {
    EXPECT_FALSE(left_out_.add(naming({"service shop/b", object}), state_of(maps_))) << object;
    EXPECT_TRUE(left_out_.empty()) << "all of what a refusal names, or nothing";
  }
  EXPECT_FALSE(left_out_.add(naming({}), state_of(maps_)));
}

}  // namespace
}  // namespace portico
