// Ports that share a device, and routes with several next hops.

#include "tests/unit/controlplane/config/config_fixture.h"

namespace portico {
namespace {

TEST(ConfigPorts, ShareADeviceByTheirVlans) {
  const auto stick = [](absl::string_view first, absl::string_view second) {
    return absl::StrCat(
        "ports:\n- {name: uplink0.100, device: net_tap0, roles: [uplink], addresses: [10.0.0.1/24]",
        first,
        "}\n- {name: downlink0, device: net_tap0, roles: [downlink], addresses: [10.0.1.1/24]",
        second, "}\n");
  };
  EXPECT_EQ(errors_of(stick(", vlan: 100", ", vlan: 200, mtu: 9000")), "");
  EXPECT_EQ(errors_of(stick(", vlan: 100", "")), "");
  EXPECT_EQ(errors_of(stick(", mac: 02:00:00:00:00:01", ", vlan: 200")), "");
  expect_errors({
      {stick(", vlan: 100", ", vlan: 100"),
       ":3: ports[1].vlan: is the VLAN of ports[0] on the same device"},
      {stick("", ""), ":3: ports[1].device: net_tap0 is in ports[0].device already"},
      {stick(", mac: 02:00:00:00:00:01", ", vlan: 2, mac: 02:00:00:00:00:02"),
       ":3: ports[1].mac: the device is that of ports[0], which gives it another"},
  });
}

TEST(ConfigRoutes, HaveEqualNextHops) {
  const auto route = [](absl::string_view text) {
    return with_more(absl::StrCat("routes: [{prefix: 10.0.0.0/8, ", text, "}]"));
  };
  const std::string two =
      route("next_hops: [{gateway: 10.20.0.8}, {gateway: 10.20.0.9, port: uplink0}]");
  ASSERT_EQ(errors_of(two), "");
  const std::vector<RouteHop> hops = parse_config(two, "f")->routes.at(0).next_hops;
  ASSERT_EQ(hops.size(), 2u);
  EXPECT_EQ(hops[0].gateway, IpAddress::parse("10.20.0.8").value());
  EXPECT_FALSE(hops[0].port.has_value());
  EXPECT_EQ(hops[1].port, "uplink0");
  expect_errors({
      {route("gateway: 10.20.0.7, next_hops: [{gateway: 10.20.0.8}]"),
       ":10: routes[0].next_hops: stand instead of"},
      {route("next_hops: [{gateway: 10.20.0.8}, {gateway: 10.20.0.8}]"),
       "routes[0].next_hops[1].gateway: is in the list already"},
      {route("next_hops: [{gateway: 172.16.0.1}]"),
       "routes[0].next_hops[0].gateway: 172.16.0.1 is on no"},
      {route("next_hops: [{gateway: 10.20.0.8, port: up9}]"),
       "routes[0].next_hops[0].port: there is no port \"up9\""},
      {route("next_hops: [{port: uplink0}]"), "routes[0].next_hops[0].gateway: "},
  });
}

}  // namespace
}  // namespace portico
