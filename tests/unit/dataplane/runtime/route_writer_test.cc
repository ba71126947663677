#include "dataplane/runtime/route_writer.h"

#include <gtest/gtest.h>

#include "tests/unit/dataplane/runtime/runtime_fixture.h"

namespace portico {
namespace {

using Origin = RouteInfo::Origin;

class RouteWriterTest : public testing::Test {
 protected:
  void publish() {
    writer_.publish();
    shared_.rcu.synchronize();
    writer_.release();
  }
  // "gateway via port", as workers find it; empty when no route leads there.
  std::string way_to(const std::string& address) const {
    const auto* hop = shared_.v4.routes.find(ip(address).v4());
    if (hop == nullptr) return "";
    return (hop->on_link ? "link" : IpAddress(hop->gateway).to_string()) + " via " +
           shared_.ports[hop->port.value].name;
  }

  SharedTables shared_{two_ports(), little_config(), 1};
  RouteWriter writer_{shared_};
};

TEST_F(RouteWriterTest, NamesTheRouteThatHasNoWayOut) {
  const absl::Status stranger =
      writer_.check({prefix("192.168.1.0/24"), ip("172.16.0.1"), std::nullopt});
  EXPECT_TRUE(absl::IsInvalidArgument(stranger));
  EXPECT_NE(stranger.message().find("192.168.1.0/24"), absl::string_view::npos);
  EXPECT_NE(stranger.message().find("172.16.0.1"), absl::string_view::npos);

  const absl::Status no_port = writer_.check({prefix("192.168.1.0/24"), std::nullopt, "wan"});
  EXPECT_TRUE(absl::IsInvalidArgument(no_port));
  EXPECT_NE(no_port.message().find("wan"), absl::string_view::npos);

  EXPECT_TRUE(absl::IsInvalidArgument(
      writer_.check({prefix("192.168.1.0/24"), std::nullopt, std::nullopt})));
  EXPECT_TRUE(writer_.check({prefix("192.168.1.0/24"), ip("10.12.22.151"), std::nullopt}).ok());
}

TEST_F(RouteWriterTest, FindsThePortThatReachesTheGateway) {
  ASSERT_TRUE(
      writer_.set({prefix("192.168.1.0/24"), ip("10.12.22.151"), std::nullopt}, Origin::kConfigured)
          .ok());
  ASSERT_TRUE(
      writer_.set({prefix("192.168.2.0/24"), std::nullopt, "uplink"}, Origin::kConfigured).ok());
  publish();
  EXPECT_EQ(way_to("192.168.1.3"), "10.12.22.151 via downlink");
  EXPECT_EQ(way_to("192.168.2.3"), "link via uplink");
  EXPECT_EQ(way_to("192.168.3.3"), "");
}

TEST_F(RouteWriterTest, InstallsEqualNextHops) {
  Route route{prefix("192.168.1.0/24"), std::nullopt, std::nullopt};
  route.next_hops = {{ip("10.20.0.7"), std::nullopt}, {ip("10.12.22.151"), "downlink"}};
  ASSERT_TRUE(writer_.check(route).ok());
  ASSERT_TRUE(writer_.set(route, Origin::kPushed).ok());
  publish();
  const auto* hops = shared_.v4.routes.find(ip("192.168.1.3").v4());
  ASSERT_NE(hops, nullptr);
  ASSERT_EQ(hops->size(), 2u);
  EXPECT_EQ(IpAddress((*hops)[0].gateway), ip("10.20.0.7"));
  EXPECT_EQ(IpAddress((*hops)[1].gateway), ip("10.12.22.151"));
  EXPECT_EQ(writer_.shared_hops().size(), 2u);
  // In another order they are the same.
  std::swap(route.next_hops[0], route.next_hops[1]);
  ASSERT_TRUE(writer_.set(route, Origin::kPushed).ok());
  EXPECT_EQ(shared_.v4.routes.find(ip("192.168.1.3").v4()), hops);

  // Those that are needed no more need not be known.
  ASSERT_TRUE(writer_.set({route.prefix, ip("10.12.22.151"), std::nullopt}, Origin::kPushed).ok());
  EXPECT_TRUE(writer_.shared_hops().empty());
  ASSERT_TRUE(writer_.set(route, Origin::kPushed).ok());
  writer_.erase(route.prefix, Origin::kPushed);
  EXPECT_TRUE(writer_.shared_hops().empty());
  publish();

  route.next_hops.push_back({ip("172.16.0.1"), std::nullopt});
  EXPECT_TRUE(absl::IsInvalidArgument(writer_.check(route)));
}

// Connected before configured before pushed; the others wait behind.
TEST_F(RouteWriterTest, TheFirstOriginCounts) {
  const IpPrefix pods = prefix("192.168.1.0/24");
  ASSERT_TRUE(writer_.set({pods, ip("10.12.22.151"), std::nullopt}, Origin::kPushed).ok());
  publish();
  EXPECT_EQ(way_to("192.168.1.3"), "10.12.22.151 via downlink");
  ASSERT_TRUE(writer_.set({pods, ip("10.12.22.152"), std::nullopt}, Origin::kConfigured).ok());
  ASSERT_TRUE(writer_.set({pods, ip("10.12.22.153"), std::nullopt}, Origin::kPushed).ok());
  publish();
  EXPECT_EQ(way_to("192.168.1.3"), "10.12.22.152 via downlink");
  ASSERT_EQ(writer_.list().size(), 1u);
  EXPECT_EQ(writer_.list()[0].origin, Origin::kConfigured);
  EXPECT_EQ(writer_.list()[0].port, "downlink");

  writer_.erase(pods, Origin::kConfigured);
  publish();
  EXPECT_EQ(way_to("192.168.1.3"), "10.12.22.153 via downlink");
  EXPECT_EQ(writer_.list()[0].origin, Origin::kPushed);
  writer_.erase(pods, Origin::kPushed);
  publish();
  EXPECT_EQ(way_to("192.168.1.3"), "");
  EXPECT_TRUE(writer_.list().empty());
}

TEST_F(RouteWriterTest, TheKernelsRouteWaitsBehindAllOthers) {
  const IpPrefix pods = prefix("192.168.1.0/24");
  ASSERT_TRUE(writer_.set({pods, ip("10.12.22.151"), "downlink"}, Origin::kKernel).ok());
  publish();
  EXPECT_EQ(way_to("192.168.1.3"), "10.12.22.151 via downlink");
  EXPECT_EQ(writer_.list()[0].origin, Origin::kKernel);
  ASSERT_TRUE(writer_.set({pods, ip("10.12.22.152"), std::nullopt}, Origin::kPushed).ok());
  ASSERT_TRUE(writer_.set({pods, ip("10.12.22.153"), "downlink"}, Origin::kKernel).ok());
  publish();
  EXPECT_EQ(way_to("192.168.1.3"), "10.12.22.152 via downlink");
  writer_.erase(pods, Origin::kPushed);
  publish();
  EXPECT_EQ(way_to("192.168.1.3"), "10.12.22.153 via downlink");
}

TEST_F(RouteWriterTest, AFullTableKeepsWhatItHas) {
  for (int i = 0; i < 6; ++i) {
    ASSERT_TRUE(writer_
                    .set({prefix("192.168." + std::to_string(i) + ".0/24"), ip("10.12.22.151"),
                          std::nullopt},
                         Origin::kPushed)
                    .ok());
  }
  const Route one_more{prefix("192.168.6.0/24"), ip("10.12.22.151"), std::nullopt};
  EXPECT_TRUE(absl::IsResourceExhausted(writer_.set(one_more, Origin::kPushed)));
  EXPECT_FALSE(writer_.has(one_more.prefix));
  publish();
  EXPECT_EQ(way_to("192.168.5.1"), "10.12.22.151 via downlink");
  EXPECT_EQ(way_to("192.168.6.1"), "");
}

}  // namespace
}  // namespace portico
