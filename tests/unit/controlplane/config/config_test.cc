#include "controlplane/config/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "tests/unit/controlplane/config/config_fixture.h"

namespace portico {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

TEST(Config, ShortFileGetsTheDefaultsOfGatewayConfig) {
  const absl::StatusOr<GatewayConfig> config = parse_config(kGood, "f");
  ASSERT_TRUE(config.ok()) << config.status();
  ASSERT_EQ(config->ports.size(), 2u);
  const PortConfig& port = config->ports[0];
  EXPECT_EQ(port.name, "uplink0");
  EXPECT_EQ(port.device, "net_af_packet0,iface=up0");
  EXPECT_TRUE(port.uplink);
  EXPECT_FALSE(port.downlink);
  ASSERT_EQ(port.addresses.size(), 2u);
  EXPECT_EQ(port.addresses[0].address, IpAddress::parse("10.20.0.1").value());
  EXPECT_EQ(port.addresses[0].prefix_length, 24u);
  EXPECT_EQ(port.addresses[1].subnet(), IpPrefix::parse("2001:db8:20::/64").value());
  EXPECT_EQ(port.mtu, 1500u);
  EXPECT_FALSE(port.mac.has_value());
  EXPECT_FALSE(port.vlan.has_value());
  EXPECT_FALSE(port.kernel.has_value());
  EXPECT_EQ(config->workers.count, 0u);
  EXPECT_EQ(config->workers.max_nap, 200us);
  EXPECT_EQ(config->hugepages, Hugepages::kAuto);
  EXPECT_EQ(config->packet_buffers, std::nullopt);
  EXPECT_EQ(config->timeouts.tcp_established, 24h);
  EXPECT_EQ(config->capacity.connections, 262144u);
  EXPECT_EQ(config->api.socket, "/run/portico/porticod.sock");
  EXPECT_EQ(config->state_directory, "/var/lib/portico");
  EXPECT_EQ(config->log_level, "info");
}

TEST(Config, EverySettingArrives) {
  const absl::StatusOr<GatewayConfig> config = parse_config(R"(
ports:
- {name: lan0, device: net_tap0, roles: [downlink, uplink], addresses: [192.0.2.1/31], mtu: 9000,
   mac: "02:00:00:00:00:0a", vlan: 4094, queue_depth: 64,
   kernel: {interface: pt-lan0, set_addresses: false, packets_per_second: 100}}
routes:
- {prefix: 0.0.0.0/0, gateway: 192.0.2.0}
- {prefix: "2001:db8::/32", gateway: "fe80::1", port: lan0}
- {prefix: 198.51.100.0/24, port: lan0}
snat: {addresses: [203.0.113.7, "2001:db8::7"], first_port: 20000, last_port: 20000,
       cluster_cidrs: [192.168.0.0/16, "2001:db8:1::/48"], masquerade_all: true}
node_ports: {addresses: [192.0.2.1, "2001:db8::9"], first_port: 1, last_port: 65535}
workers: {cores: [3, 2], idle: {max_nap: 0s}}
kernel: {mirror_routes: true, mirror_neighbors: true, table: 100, max_routes: 3}
memory: {hugepages: always, packet_buffers: 100000}
capacity: {connections: 1, frontends: 2, endpoints: 3, routes: 4, neighbors: 5, affinity_entries: 6}
fragments: {capacity: 16, ipv4_timeout: 1s, ipv6_timeout: 2s}
timeouts:
  tcp: {syn_sent: 1s, syn_received: 2s, established: 3h, fin_wait: 4s, close_wait: 5m, last_ack: 6s,
        time_wait: 7s, close: 500ms}
  udp: {unreplied: 9s, replied: 10s, stream: 11s}
  sctp: {cookie_wait: 11s, cookie_echoed: 12s, established: 13s, shutdown_sent: 14s,
         shutdown_received: 15s, shutdown_ack_sent: 16s, closed: 17s, heartbeat_sent: 18s}
connections: {midstream_pickup: true, when_endpoint_gone: reset, reset_on_expiry: true,
              new_per_second: 1000, new_per_second_and_source: 20, source_prefix_ipv4: 24,
              source_prefix_ipv6: 48, reject: false}
api: {socket: /tmp/p.sock, tcp: ["127.0.0.1:9000", "[::1]:9000"], tls: {certificate: /tls/c.pem, key: /tls/k.pem, client_ca: /tls/ca.pem}}
state_directory: ""
log_level: debug
)",
                                                            "f");
  ASSERT_TRUE(config.ok()) << config.status();
  const PortConfig& port = config->ports.at(0);
  EXPECT_TRUE(port.uplink && port.downlink);
  EXPECT_EQ(port.mtu, 9000u);
  EXPECT_EQ(port.mac, MacAddress::parse("02:00:00:00:00:0a").value());
  EXPECT_EQ(port.vlan, 4094);
  EXPECT_EQ(port.queue_depth, 64);
  ASSERT_TRUE(port.kernel.has_value());
  EXPECT_EQ(port.kernel->name, "pt-lan0");
  EXPECT_FALSE(port.kernel->addresses);
  EXPECT_EQ(port.kernel->packets_per_second, 100u);
  EXPECT_TRUE(config->kernel_mirror.routes && config->kernel_mirror.neighbors);
  EXPECT_EQ(config->kernel_mirror.max_routes, 3u);
  EXPECT_EQ(config->kernel_mirror.table, 100u);
  ASSERT_EQ(config->routes.size(), 3u);
  EXPECT_EQ(config->routes[0].gateway, IpAddress::parse("192.0.2.0").value());
  EXPECT_FALSE(config->routes[0].port.has_value());
  EXPECT_EQ(config->routes[1].port, "lan0");
  EXPECT_FALSE(config->routes[2].gateway.has_value());
  EXPECT_EQ(config->snat.addresses.size(), 2u);
  EXPECT_EQ(config->snat.first_port, 20000);
  EXPECT_EQ(config->snat.last_port, 20000);
  EXPECT_THAT(config->snat.cluster_cidrs, ElementsAre(IpPrefix::parse("192.168.0.0/16").value(),
                                                      IpPrefix::parse("2001:db8:1::/48").value()));
  EXPECT_TRUE(config->snat.masquerade_all);
  EXPECT_THAT(config->node_ports.addresses, ElementsAre(IpAddress::parse("192.0.2.1").value(),
                                                        IpAddress::parse("2001:db8::9").value()));
  EXPECT_EQ(config->node_ports.first_port, 1);
  EXPECT_EQ(config->node_ports.last_port, 65535);
  EXPECT_EQ(config->workers.count, 2);
  EXPECT_THAT(config->workers.cores, ElementsAre(3u, 2u));
  EXPECT_EQ(config->workers.max_nap, 0s);
  EXPECT_EQ(config->hugepages, Hugepages::kAlways);
  EXPECT_EQ(config->packet_buffers, 100'000u);
  EXPECT_EQ(config->fragments.capacity, 16u);
  EXPECT_EQ(config->fragments.ipv4_timeout, std::chrono::seconds(1));
  EXPECT_EQ(config->fragments.ipv6_timeout, std::chrono::seconds(2));
  const CapacityConfig& capacity = config->capacity;
  EXPECT_THAT((std::vector{capacity.connections, capacity.frontends, capacity.endpoints,
                           capacity.routes, capacity.neighbors, capacity.affinity_entries}),
              ElementsAre(1u, 2u, 3u, 4u, 5u, 6u));
  const TimeoutConfig& t = config->timeouts;
  EXPECT_THAT(
      (std::vector<Duration>{t.tcp_syn_sent, t.tcp_syn_received, t.tcp_established, t.tcp_fin_wait,
                             t.tcp_close_wait, t.tcp_last_ack, t.tcp_time_wait, t.tcp_close,
                             t.udp_unreplied, t.udp_replied, t.udp_stream}),
      ElementsAre(1s, 2s, 3h, 4s, 5min, 6s, 7s, 500ms, 9s, 10s, 11s));
  EXPECT_THAT(
      (std::vector<Duration>{t.sctp_cookie_wait, t.sctp_cookie_echoed, t.sctp_established,
                             t.sctp_shutdown_sent, t.sctp_shutdown_received,
                             t.sctp_shutdown_ack_sent, t.sctp_closed, t.sctp_heartbeat_sent}),
      ElementsAre(11s, 12s, 13s, 14s, 15s, 16s, 17s, 18s));
  const ConnectionsConfig& connections = config->connections;
  EXPECT_TRUE(connections.midstream_pickup && connections.reset_on_expiry);
  EXPECT_EQ(connections.when_endpoint_gone, EndpointGone::kReset);
  EXPECT_FALSE(connections.reject);
  EXPECT_EQ(connections.new_per_second, 1000u);
  EXPECT_EQ(connections.new_per_second_and_source, 20u);
  EXPECT_EQ(connections.source_prefix_v4, 24u);
  EXPECT_EQ(connections.source_prefix_v6, 48u);
  EXPECT_EQ(config->api.socket, "/tmp/p.sock");
  EXPECT_THAT(config->api.tcp, ElementsAre("127.0.0.1:9000", "[::1]:9000"));
  EXPECT_EQ(config->api.tls.certificate, "/tls/c.pem");
  EXPECT_EQ(config->api.tls.key, "/tls/k.pem");
  EXPECT_EQ(config->api.tls.client_ca, "/tls/ca.pem");
  EXPECT_EQ(config->state_directory, "");
  EXPECT_EQ(config->log_level, "debug");
}

TEST(Config, NamesEveryFaultOnALineOfItsOwn) {
  EXPECT_THAT(
      errors_of(R"(ports:
  - name: up
    device: net_tap0
    roles: [uplink]
    addresses: [10.0.0.1/24]
    mtu: 70000
  - name: up
    device: net_tap1
    roles: [uplink]
    vlan: 4095
log_level: loud
colour: green
)"),
      testing::StartsWith(
          "porticod.yaml:1: ports: no port has the role downlink\n"
          "porticod.yaml:6: ports[0].mtu: must be between 576 and 9600, not 70000\n"
          "porticod.yaml:7: ports[1].addresses: needs at least one address\n"
          "porticod.yaml:7: ports[1].name: up is in ports[0].name already\n"
          "porticod.yaml:10: ports[1].vlan: must be between 1 and 4094, not 4095\n"
          "porticod.yaml:11: log_level: must be one of debug, info, warning, error\n"
          "porticod.yaml:12: colour: there is no such field here; there are ports, routes, snat, "
          "workers, memory, capacity, timeouts, connections, api, state_directory, log_level"));
}

TEST(Config, DoesNotReportWhatReadingHasRefusedAgain) {
  EXPECT_EQ(errors_of("ports: none"), "porticod.yaml:1: ports: must be a list, not text");
  EXPECT_EQ(errors_of("ports: [5]"), "porticod.yaml:1: ports[0]: must be a mapping, not text");
  EXPECT_EQ(errors_of(absl::StrReplaceAll(kGood, {{"[uplink]", "[upling]"}})),
            "porticod.yaml:4: ports[0].roles[0]: must be one of uplink, downlink");
}

TEST(Config, RefusesAFileWithoutOneDocument) {
  EXPECT_EQ(errors_of(""), "porticod.yaml: is empty");
  EXPECT_THAT(errors_of("ports: ["), HasSubstr("porticod.yaml:"));
  EXPECT_THAT(errors_of(with_more("---\na: b")), HasSubstr("porticod.yaml:11: there is a second"));
  EXPECT_EQ(load_config("/nonexistent/porticod.yaml").status().code(), absl::StatusCode::kNotFound);
}

TEST(ConfigPorts, FaultsAreNamed) {
  const auto port = [](absl::string_view from, absl::string_view to) {
    const std::string text = absl::StrReplaceAll(kGood, {{from, to}});
    EXPECT_NE(text, kGood) << from;
    return text;
  };
  expect_errors({
      {"workers: {count: 1}", "porticod.yaml:1: ports: needs at least one port"},
      {"ports: []", "porticod.yaml:1: ports: needs at least one port"},
      {port("uplink0", "downlink0"), ":6: ports[1].name: downlink0 is in ports[0].name already"},
      {port("uplink0", "up link"), ":2: ports[0].name: must be 1 to 32"},
      {port("name: uplink0\n    ", ""), ":2: ports[0].name: must be 1 to 32"},
      {port("[uplink]", "[downlink]"), ":1: ports: no port has the role uplink"},
      {port("[downlink]", "[uplink]"), ":1: ports: no port has the role downlink"},
      {port("[uplink]", "[]"), ":4: ports[0].roles: needs uplink, downlink or both"},
      {port("[uplink]", "[uplink, uplink]"), ":4: ports[0].roles[1]: is in the list already"},
      {port("\"net_af_packet0,iface=up0\"", "eth0"), ":3: ports[0].device: must be a PCI address"},
      {port("\"net_af_packet0,iface=up0\"", ""), ":3: ports[0].device: is required"},
      {port("net_af_packet0,iface=up0", "net_tap0, a"), "must not contain spaces"},
      {port("\"net_af_packet0,iface=up0\"", "\"0000:03:00.0,x=1\""),
       ":7: ports[1].device: is the device of ports[0]: write it as there, 0000:03:00.0,x=1"},
      {port("\"net_af_packet0,iface=up0\"", "\"03:00.0\""), "is the device of ports[0]"},
      {port("\"net_af_packet0,iface=up0\"", "\"0000:03:00.0\""),
       ":7: ports[1].device: 0000:03:00.0 is in ports[0].device already: only with different "
       "VLANs can it be two ports"},
      {port("0000:03:00.0", "0000:03:00.8"), ":7: ports[1].device: must be a PCI address"},
      {port("0000:03:00.0", "0000:03:00"), "must be a PCI address"},
      {with_port_line("mtu: 575"), ":5: ports[0].mtu: must be between 576 and 9600, not 575"},
      {with_port_line("mtu: 9601"), "ports[0].mtu: must be between"},
      {with_port_line("mtu: 1279"), ":5: ports[0].mtu: must be at least 1280"},
      {with_port_line("vlan: 0"), "ports[0].vlan: must be between 1 and 4094"},
      {with_port_line("mac: 01:00:5e:00:00:01"), "ports[0].mac: 01:00:5e:00:00:01 is no unicast"},
      {with_port_line("mac: 00:00:00:00:00:00"), "is no unicast"},
      {with_port_line("mac: 02:00:00:00:00"), "is no MAC address"},
      {with_port_line("queue_depth: 63"), "ports[0].queue_depth: must be between 64 and 32768"},
  });
  EXPECT_EQ(errors_of(with_port_line("mtu: 1280")), "");
  EXPECT_EQ(errors_of(port("\"2001:db8:20::1/64\"]", "10.20.0.2/24]\n    mtu: 576")), "");
}

TEST(ConfigPorts, FaultyAddressesAreNamed) {
  const auto address = [](absl::string_view text) {
    return absl::StrReplaceAll(kGood, {{"10.20.0.1/24", text}});
  };
  const std::pair<absl::string_view, absl::string_view> cases[] = {
      {"10.20.0", "\"10.20.0\" is no IP address"},
      {"10.20.0.1", "needs the length of its network's prefix: \"10.20.0.1/24\""},
      {"10.20.0.1/33", "between 1 and 32"},
      {"10.20.0.1/0", "between 1 and 32"},
      {"10.20.0.1/ 8", "between 1 and 32"},
      {"10.20.0.1/", "between 1 and 32"},
      {"2001:db8::1/129", "between 1 and 128"},
      {"10.20.0.0/24", "10.20.0.0 is the address of the network itself"},
      {"10.20.0.255/24", "10.20.0.255 is the broadcast address of its network"},
      {"10.20.3.255/22", "is the broadcast address"},
      {"255.255.255.255/32", "is the broadcast address"},
      {"224.0.0.5/24", "is a multicast address"},
      {"ff02::1/64", "is a multicast address"},
      {"127.0.0.1/8", "is a loopback address"},
      {"::1/128", "is a loopback address"},
      {"0.0.0.0/8", "is the unspecified address"},
      {"0.1.2.3/8", "names no host"},
      {"240.0.0.1/8", "is in the reserved"},
      {"::ffff:10.0.0.1/112", "is an IPv4-mapped address"},
      {"2001:db8:30::/64", "is the subnet-router anycast address"},
      {"10.12.22.1/24", "ports[0].addresses[0]"},
  };
  for (const auto& [text, error] : cases) {
    EXPECT_THAT(errors_of(address(text)), HasSubstr(std::string(error))) << text;
  }
  // A /31, a /32 and a /127 have no addresses of their own: RFC 3021, RFC 6164.
  for (const absl::string_view text : {"10.20.0.0/31", "10.20.0.255/31", "10.20.0.0/32",
                                       "2001:db8:30::/127", "2001:db8:30::/128", "fe80::1/64"}) {
    EXPECT_EQ(errors_of(address(text)), "") << text;
  }
}

TEST(ConfigPorts, AddressesAndNetworksOfTwoPortsAreApart) {
  const auto both = [](absl::string_view up, absl::string_view down) {
    return errors_of(absl::StrReplaceAll(kGood, {{"10.20.0.1/24", up}, {"10.12.22.1/24", down}}));
  };
  EXPECT_THAT(both("10.0.0.1/24", "10.0.0.1/24"),
              HasSubstr(":9: ports[1].addresses[0]: is the address of ports[0].addresses[0]"));
  EXPECT_THAT(both("10.0.0.1/24", "10.0.0.200/25"),
              HasSubstr("its network 10.0.0.128/25 overlaps that of ports[0].addresses[0], "
                        "10.0.0.0/24"));
  EXPECT_THAT(both("10.0.0.1/24", "10.0.7.1/16"), HasSubstr("overlaps"));
  EXPECT_EQ(both("10.0.0.1/25", "10.0.0.129/25"), "");
  // On one link a network may have several addresses, and each link has the link-local network.
  EXPECT_EQ(errors_of(absl::StrReplaceAll(kGood, {{"2001:db8:20::1/64", "10.20.0.2/24"}})), "");
  EXPECT_EQ(both("fe80::1/64", "fe80::1/64"), "");
  EXPECT_THAT(errors_of(absl::StrReplaceAll(kGood, {{"2001:db8:20::1/64", "10.20.0.1/24"}})),
              HasSubstr("ports[0].addresses[1]: is the address of ports[0].addresses[0]"));
}

TEST(ConfigRoutes, FaultsAreNamed) {
  const auto route = [](absl::string_view text) {
    return with_more(absl::StrCat("routes: [{", text, "}]"));
  };
  expect_errors({
      {route("gateway: 10.20.0.9"), ":10: routes[0].prefix: is required"},
      {route("prefix: 10.0.0.0/33, port: uplink0"), "routes[0].prefix: \"10.0.0.0/33\""},
      {route("prefix: 10.0.0.1/8, port: uplink0"), "10.0.0.0/8 is meant?"},
      {route("prefix: 224.0.0.0/4, port: uplink0"), "routes[0].prefix: is multicast"},
      {route("prefix: 10.20.0.0/24, port: uplink0"),
       "routes[0].prefix: is the network of port uplink0 already"},
      {route("prefix: 10.0.0.0/8"), ":10: routes[0]: needs a gateway, a port or both"},
      {route("prefix: 10.0.0.0/8, port: up9"), "routes[0].port: there is no port \"up9\""},
      {route("prefix: 10.0.0.0/8, gateway: x"), "routes[0].gateway: \"x\" is no IP address"},
      {route("prefix: 10.0.0.0/8, gateway: 224.0.0.1"), "is a multicast address"},
      {route("prefix: 10.0.0.0/8, gateway: \"2001:db8:20::9\""),
       "routes[0].gateway: is IPv6, but the prefix is IPv4"},
      {route("prefix: 10.0.0.0/8, gateway: 10.99.0.1"), "10.99.0.1 is on no network of any port"},
      {route("prefix: 10.0.0.0/8, gateway: 10.20.0.9, port: downlink0"),
       "10.20.0.9 is on no network of port downlink0"},
      {route("prefix: 10.0.0.0/8, gateway: 10.20.0.1"), "is an address of this gateway itself"},
      {route("prefix: 10.0.0.0/8, gateway: 10.20.0.255"), "is the broadcast address"},
      {route("prefix: \"::/0\", gateway: \"fe80::1\""), "`port` must say on which link"},
      {route("prefix: 10.0.0.0/8, port: uplink0}, {prefix: 10.0.0.0/8, port: downlink0"),
       "routes[1].prefix: is the prefix of routes[0] as well"},
  });
  // One fault: an unknown port does not make its gateway wrong as well.
  EXPECT_THAT(errors_of(route("prefix: 10.0.0.0/8, gateway: 10.20.0.9, port: up9")),
              Not(HasSubstr("gateway")));
  EXPECT_EQ(errors_of(route("prefix: 0.0.0.0/0, gateway: 10.20.0.254, port: uplink0")), "");
}

TEST(ConfigLimits, FaultsAreNamed) {
  expect_errors({
      {with_more("workers: {count: 129}"), "workers.count: must be between 0 and 128, not 129"},
      {with_more("workers: {cores: [1, 1]}"), "workers.cores[1]: core 1 is in the list already"},
      {with_more("workers: {cores: [9999]}"), "workers.cores[0]: must be between 0 and 8191"},
      {with_more("workers: {count: 3, cores: [1, 2]}"),
       "workers.count: is 3, but workers.cores has 2 cores"},
      {with_more("workers: {idle: {max_nap: 101ms}}"),
       "workers.idle.max_nap: must be between 0s and 100ms"},
      {with_more("memory: {hugepages: maybe}"), "must be one of auto, always, never"},
      {with_more("memory: {packet_buffers: 0}"),
       "memory.packet_buffers: must be between 1 and 67108864, not 0"},
      {with_more("memory: {packet_buffers: 67108865}"), "memory.packet_buffers: must be between"},
      {with_more("capacity: {connections: 0}"), "capacity.connections: must be between 1 and"},
      {with_more("capacity: {connections: 268435457}"), "between 1 and 268435456"},
      {with_more("fragments: {capacity: 15}"), "fragments.capacity: must be between 16 and 65536"},
      {with_more("fragments: {ipv4_timeout: 0s}"), "fragments.ipv4_timeout: must be longer"},
      {with_more("capacity: {frontends: 0}"), "capacity.frontends: must"},
      {with_more("capacity: {endpoints: 4294967295}"), "capacity.endpoints: must"},
      {with_more("capacity: {routes: 0}"), "capacity.routes: must"},
      {with_more("capacity: {neighbors: 0}"), "capacity.neighbors: must"},
      {with_more("capacity: {neighbors: -1}"), "capacity.neighbors: must be between 0 and"},
      {with_more("timeouts: {tcp: {close: 0s}}"), "timeouts.tcp.close: must be longer than 0"},
      {with_more("timeouts: {udp: {replied: 8761h}}"), "timeouts.udp.replied: must be longer"},
      {with_more("timeouts: {udp: {replied: 30}}"), "must be a duration such as"},
  });
  EXPECT_EQ(errors_of(with_more("workers: {count: 128, idle: {max_nap: 100ms}}")), "");
  EXPECT_EQ(errors_of(with_more("timeouts: {udp: {replied: 8760h, unreplied: 1ns}}")), "");
  for (const absl::string_view name : {"syn_sent", "syn_received", "established", "fin_wait",
                                       "close_wait", "last_ack", "time_wait", "close"}) {
    EXPECT_THAT(errors_of(with_more(absl::StrCat("timeouts: {tcp: {", name, ": 0s}}"))),
                HasSubstr(absl::StrCat(":10: timeouts.tcp.", name, ": must be longer")));
  }
}

TEST(ConfigProcess, FaultsAreNamed) {
  const std::string longest = absl::StrCat("/", std::string(106, 's'));
  EXPECT_EQ(errors_of(with_more(absl::StrCat("api: {socket: ", longest, "}"))), "");
  expect_errors({
      {with_more(absl::StrCat("api: {socket: ", longest, "x}")), "api.socket: has 108 bytes"},
      {with_more("api: {socket: p.sock}"), "api.socket: must be an absolute path"},
      {with_more("state_directory: var"), "state_directory: must be an absolute path"},
      {with_more("api: {tcp: [\"[::1]:80\", \"[::1]:80\"]}"), "api.tcp[1]: is in the list"},
      {with_more("api: {tcp: [\"[::1]:80\"], tls: {certificate: /c, key: /k}}"),
       "api.tls.client_ca: is missing"},
      {with_more("api: {tcp: [\"[::1]:80\"], tls: {certificate: c, key: /k, client_ca: /a}}"),
       "api.tls.certificate: must be an absolute path"},
      {with_more("api: {tls: {certificate: /c, key: /k, client_ca: /a}}"),
       "api.tls: is of no use without api.tcp"},
  });
  for (const absl::string_view text :
       {"localhost:9000", "127.0.0.1", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65536",
        "127.0.0.1:+80", "127.0.0.1: 80", "::1:9000", "[::1]", "[::1:9000", "[127.0.0.1:9000",
        "127.0.0.1]:9000", "[127.0.0.1]:9000", ":9000", "[]:9000", "224.0.0.1:9000", ""}) {
    EXPECT_THAT(errors_of(with_more(absl::StrCat("api: {tcp: [\"", text, "\"]}"))),
                HasSubstr("api.tcp[0]: must be an IP address and a port"))
        << text;
  }
}

TEST(Config, Connections) {
  const auto with = [](const std::string& line) {
    return with_more("connections: {" + line + "}\n");
  };
  EXPECT_EQ(parse_config(with("when_endpoint_gone: drop"), "f")->connections.when_endpoint_gone,
            EndpointGone::kDrop);
  EXPECT_EQ(parse_config(with("when_endpoint_gone: keep"), "f")->connections.when_endpoint_gone,
            EndpointGone::kKeep);
  for (const auto& [line, message] : std::vector<std::pair<std::string, std::string>>{
           {"when_endpoint_gone: kill", "when_endpoint_gone: must be one of keep, reset, drop"},
           {"new_per_second_and_source: 1000001",
            "new_per_second_and_source: must be between 0 and 1000000, not 1000001"},
           {"source_prefix_ipv4: 0", "source_prefix_ipv4: must be between 1 and 32, not 0"},
           {"source_prefix_ipv6: 129", "source_prefix_ipv6: must be between 1 and 128, not 129"}}) {
    EXPECT_THAT(errors_of(with(line)), testing::HasSubstr("connections." + message)) << line;
  }
}

}  // namespace
}  // namespace portico
