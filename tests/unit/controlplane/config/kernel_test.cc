// ports[].kernel and kernel.

#include "tests/unit/controlplane/config/config_fixture.h"

namespace portico {
namespace {

TEST(ConfigKernel, InterfaceHasDefaults) {
  const auto config = parse_config(with_port_line("kernel: {interface: pt-uplink0}"), "f");
  ASSERT_TRUE(config.ok()) << config.status();
  ASSERT_TRUE(config->ports[0].kernel.has_value());
  EXPECT_EQ(config->ports[0].kernel->name, "pt-uplink0");
  EXPECT_TRUE(config->ports[0].kernel->addresses);
  EXPECT_EQ(config->ports[0].kernel->packets_per_second, 10000u);
  EXPECT_FALSE(config->ports[1].kernel.has_value());
  EXPECT_FALSE(config->kernel_mirror.routes || config->kernel_mirror.neighbors);
  EXPECT_EQ(config->kernel_mirror.table, 254u);
}

TEST(ConfigKernel, TheKernelsRoutesHaveABoundOfTheirOwn) {
  const auto max_routes = [](absl::string_view text) {
    return parse_config(with_more(text), "f")->kernel_mirror.max_routes;
  };
  EXPECT_EQ(max_routes(""), 12288u) << "three quarters";
  EXPECT_EQ(max_routes("capacity: {routes: 1}"), 1u);
  EXPECT_EQ(max_routes("capacity: {routes: 1000}"), 750u);
  EXPECT_EQ(max_routes("kernel: {max_routes: 1000}\ncapacity: {routes: 1000}"), 1000u);
}

TEST(ConfigKernel, FaultsAreNamed) {
  const auto interface = [](absl::string_view text) {
    return with_port_line(absl::StrCat("kernel: {", text, "}"));
  };
  const std::string twice = absl::StrReplaceAll(
      interface("interface: pt0"),
      {{"    roles: [downlink]\n", "    roles: [downlink]\n    kernel: {interface: pt0}\n"}});
  expect_errors({
      {interface(""), ":5: ports[0].kernel.interface: must be 1 to 15 letters"},
      {interface("interface: a234567890123456"), "ports[0].kernel.interface: must be 1 to 15"},
      {interface("interface: pt/0"), "ports[0].kernel.interface: must be 1 to 15"},
      {interface("interface: \"pt%d\""), "ports[0].kernel.interface: must be 1 to 15"},
      {interface("interface: .."), "ports[0].kernel.interface: must be 1 to 15"},
      {twice, "ports[1].kernel.interface: pt0 is in ports[0].kernel.interface already"},
      {interface("interface: pt0, packets_per_second: 99"),
       "ports[0].kernel.packets_per_second: must be between 100 and 10000000, not 99"},
      {with_more("kernel: {mirror_routes: true}"),
       ":10: kernel.mirror_routes: needs a port with a kernel interface"},
      {with_more("kernel: {mirror_neighbors: true}"),
       "kernel.mirror_neighbors: needs a port with a kernel interface"},
      {with_more("kernel: {table: 0}"), "kernel.table: must not be 0"},
      {with_more("kernel: {max_routes: 0}"), "kernel.max_routes: must be between 1 and 16384"},
      {with_more("kernel: {max_routes: 11}\ncapacity: {routes: 10}"),
       "kernel.max_routes: must be between 1 and 10, not 11"},
  });
}

}  // namespace
}  // namespace portico
