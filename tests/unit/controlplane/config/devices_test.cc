// Ports that share a device.

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

}  // namespace
}  // namespace portico
