// snat and node_ports.

#include "tests/unit/controlplane/config/config_fixture.h"

namespace portico {
namespace {

using testing::ElementsAre;

TEST(ConfigSnat, FaultsAreNamed) {
  const auto snat = [](absl::string_view text) {
    return with_more(absl::StrCat("snat: {", text, "}"));
  };
  expect_errors({
      {snat("addresses: [0.0.0.0]"), ":10: snat.addresses[0]: 0.0.0.0 is the unspecified"},
      {snat("addresses: [10.12.22.1/24]"), "snat.addresses[0]: \"10.12.22.1/24\" is no IP"},
      {snat("addresses: [10.12.22.255]"), "is the broadcast address of its network"},
      {snat("addresses: [\"fe80::1\"]"), "is link-local"},
      {snat("addresses: [192.0.2.1, 192.0.2.1]"), "snat.addresses[1]: is in the list already"},
      {snat("first_port: 0"), "snat.first_port: must be between 1 and 65535, not 0"},
      {snat("last_port: 65536"), "snat.last_port: must be between 1 and 65535, not 65536"},
      {snat("first_port: 2000, last_port: 1999"),
       "snat.last_port: the first port, 2000, is above the last, 1999"},
      {snat("last_port: 1023"), "snat.last_port: the first port, 1024, is above"},
  });
  EXPECT_EQ(errors_of(snat("addresses: [10.12.22.2]")), "");
  expect_errors({
      {snat("cluster_cidrs: [192.168.1.1/16]"), "snat.cluster_cidrs[0]: \"192.168.1.1/16\""},
      {snat("cluster_cidrs: [192.168.0.0]"), "snat.cluster_cidrs[0]: has no length, as in /16"},
      {snat("cluster_cidrs: [10.0.0.0/8, 10.0.0.0/8]"),
       "snat.cluster_cidrs[1]: is in the list already"},
      {snat("cluster_cidrs: [\"ff00::/8\"]"), "snat.cluster_cidrs[0]: is multicast"},
      {snat("masquerade_all: 7"), "snat.masquerade_all: must be"},
  });
}

TEST(ConfigNodePorts, AreOnTheUplinksAddressesByDefault) {
  const absl::StatusOr<GatewayConfig> config = parse_config(
      absl::StrReplaceAll(kGood, {{"[\"10.20.0.1", "[\"fe80::1/64\", \"10.20.0.1"}}), "f");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_THAT(config->node_ports.addresses,
              ElementsAre(IpAddress::parse("10.20.0.1").value(),
                          IpAddress::parse("2001:db8:20::1").value()));
  EXPECT_EQ(config->node_ports.first_port, 30000);
  EXPECT_EQ(config->node_ports.last_port, 32767);
}

TEST(ConfigNodePorts, FaultsAreNamed) {
  const auto node_ports = [](absl::string_view text) {
    return with_more(absl::StrCat("node_ports: {", text, "}"));
  };
  expect_errors({
      {node_ports("addresses: [127.0.0.1]"), ":10: node_ports.addresses[0]: 127.0.0.1 is a loop"},
      {node_ports("addresses: [10.20.0.0]"), "node_ports.addresses[0]: 10.20.0.0 is the address"},
      {node_ports("addresses: [\"fe80::1\"]"), "node_ports.addresses[0]: is link-local"},
      {node_ports("addresses: [192.0.2.1, 192.0.2.1]"),
       "node_ports.addresses[1]: is in the list already"},
      {node_ports("first_port: 0"), "node_ports.first_port: must be between 1 and 65535, not 0"},
      {node_ports("first_port: 32768"),
       "node_ports.first_port: the first port, 32768, is above the last, 32767"},
  });
}

}  // namespace
}  // namespace portico
