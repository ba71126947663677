#include <functional>

#include "gmock/gmock.h"
#include "tests/unit/controlplane/store/store_fixture.h"

namespace portico::store {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// A way to spoil an object, and the field that has to be named for it.
template <typename Object>
struct Spoiled {
  const char* what;
  std::function<void(Object&)> spoil;
  const char* field;
  const char* message;  // a part of it
};

class CheckTest : public StoreTest {
 protected:
  template <typename Object>
  void expect_refused(const Object& good, const std::string& display,
                      const std::vector<Spoiled<Object>>& cases) {
    for (const Spoiled<Object>& spoiled : cases) {
      SCOPED_TRACE(spoiled.what);
      Object object = good;
      spoiled.spoil(object);
      const Plan refused = plan("test", object);
      EXPECT_EQ(refused.violations.count(), 1u) << text(refused);
      EXPECT_THAT(text(refused), HasSubstr(std::string("|") + spoiled.field + "|"));
      EXPECT_THAT(text(refused), HasSubstr(spoiled.message));
      EXPECT_TRUE(refused.tables.empty());
      EXPECT_TRUE(refused.objects.empty());
      if (object == good) ADD_FAILURE() << "nothing was spoiled";
      if (key_of(object) == key_of(good)) {
        EXPECT_THAT(text(refused), HasSubstr(display + "|"));
      }
    }
  }
};

TEST_F(CheckTest, GoodObjectsPass) {
  const Plan good =
      plan("test", web(), pod("uid-1", "192.168.1.3"), Route{"192.168.1.0/24", "10.12.22.151", ""},
           Route{"0.0.0.0/0", "", "up"}, Route{"2001:db8:1::/64", "fe80::1", "down"});
  EXPECT_EQ(text(good), "");
}

TEST_F(CheckTest, ServicesAtFault) {
  const auto address = [](const char* to) {
    return [to](Service& service) { service.addresses[0].address = to; };
  };
  const auto name = [](std::string to) { return [to](Service& service) { service.name = to; }; };
  const std::string label64(64, 'a');
  expect_refused<Service>(
      web(), "service default/web",
      {
          {"no namespace", name("web"), "name", "RFC 1123"},
          {"empty namespace", name("/web"), "name", "RFC 1123"},
          {"empty name", name("default/"), "name", "RFC 1123"},
          {"two slashes", name("default/web/x"), "name", "RFC 1123"},
          {"capital", name("default/Web"), "name", "RFC 1123"},
          {"underscore", name("default/we_b"), "name", "RFC 1123"},
          {"begins with -", name("default/-web"), "name", "RFC 1123"},
          {"ends with -", name("default-/web"), "name", "RFC 1123"},
          {"label of 64", name("default/" + label64), "name", "RFC 1123"},
          {"no address", [](Service& s) { s.addresses.clear(); }, "addresses", "at least one"},
          {"no port", [](Service& s) { s.ports.clear(); }, "ports", "at least one"},
          {"malformed", address("10.100.3"), "addresses[0].address", "\"10.100.3\" is no IP"},
          {"leading zero", address("10.100.3.059"), "addresses[0].address", "is no IP"},
          {"with zone", address("2001:db8::1%eth0"), "addresses[0].address", "is no IP"},
          {"empty", address(""), "addresses[0].address", "is no IP"},
          {"unspecified", address("0.0.0.0"), "addresses[0].address", "unspecified"},
          {"unspecified v6", address("::"), "addresses[0].address", "unspecified"},
          {"loopback", address("127.0.0.1"), "addresses[0].address", "loopback"},
          {"loopback v6", address("::1"), "addresses[0].address", "loopback"},
          {"multicast", address("224.0.0.1"), "addresses[0].address", "multicast"},
          {"multicast v6", address("ff02::1"), "addresses[0].address", "multicast"},
          {"broadcast", address("255.255.255.255"), "addresses[0].address", "broadcast"},
          {"link-local", address("169.254.1.1"), "addresses[0].address", "link-local"},
          {"link-local v6", address("fe80::1"), "addresses[0].address", "link-local"},
          {"mapped", address("::ffff:10.0.0.1"), "addresses[0].address", "IPv4-mapped"},
          {"gateway's", address("10.20.0.1"), "addresses[0].address", "gateway itself"},
          {"gateway's v6", address("2001:db8:20::1"), "addresses[0].address", "gateway itself"},
          {"same address twice",
           [](Service& s) {
             s.addresses = {{"2001:db8::1"}, {"2001:DB8:0::1"}};
           },
           "addresses[1].address", "2001:db8::1 is also addresses[0].address"},
          {"unknown kind", [](Service& s) { s.addresses[0].kind.reset(); }, "addresses[0].kind",
           "unknown"},
          {"port 0", [](Service& s) { s.ports[0].port = 0; }, "ports[0].port", "is 0"},
          {"port 65536", [](Service& s) { s.ports[0].port = 65536; }, "ports[0].port", "is 65536"},
          {"no protocol", [](Service& s) { s.ports[0].protocol.reset(); }, "ports[0].protocol",
           "TCP, UDP or SCTP"},
          {"port name", [](Service& s) { s.ports[0].name = "a/b"; }, "ports[0].name",
           "\"a/b\" is no RFC 1123 label"},
          {"same port name",
           [](Service& s) {
             s.ports.push_back({"http", Protocol::kUdp, 80});
           },
           "ports[1].name", "\"http\" is also the name of ports[0]"},
          {"two without name",
           [](Service& s) {
             s.ports = {{"", Protocol::kTcp, 80}, {"", Protocol::kTcp, 81}};
           },
           "ports[1].name", "\"\" is also the name of ports[0]"},
          {"same port",
           [](Service& s) {
             s.ports.push_back({"web", Protocol::kTcp, 80});
           },
           "ports[1].port", "80/TCP is also ports[0]"},
          {"selection", [](Service& s) { s.selection.reset(); }, "selection", "unknown"},
          {"source", [](Service& s) { s.source_address.reset(); }, "source_address", "unknown"},
          {"policy", [](Service& s) { s.addresses[0].traffic_policy.reset(); },
           "addresses[0].traffic_policy", "unknown"},
          {"source of an address", [](Service& s) { s.addresses[0].source_address.reset(); },
           "addresses[0].source_address", "unknown"},
          {"table size", [](Service& s) { s.maglev_table_size = 250; }, "maglev_table_size",
           "16381, 32749, 65521, is 250"},
          {"health port", [](Service& s) { s.health_check_port = 65536; }, "health_check_port",
           "must be 1 to 65535, is 65536"},
      });
}

TEST_F(CheckTest, SourceRangesAtFault) {
  const auto ranges = [](std::vector<std::string> to) {
    return [to](Service& service) { service.addresses[0].source_ranges = to; };
  };
  expect_refused<Service>(web(), "service default/web",
                          {
                              {"malformed", ranges({"10.0.0.0/8", "10.0.0/8"}),
                               "addresses[0].source_ranges[1]", "\"10.0.0\" is no IP address"},
                              {"host bits", ranges({"10.0.0.1/8"}), "addresses[0].source_ranges[0]",
                               "10.0.0.0/8 is meant?"},
                              {"family", ranges({"2001:db8::/32"}), "addresses[0].source_ranges[0]",
                               "is IPv6, but the address is IPv4"},
                          });
  Service both = web_with_node_port();
  both.addresses[1].source_ranges = {"10.0.0.0/8", "2001:db8::/32", "0.0.0.0/0"};
  EXPECT_EQ(text(plan("test", both)), "");
}

// Kubernetes: sessionAffinityConfig.clientIP.timeoutSeconds is 1 to 86400.
TEST_F(CheckTest, AffinityIsOneSecondToOneDay) {
  const auto with = [](absl::Duration affinity) {
    Service service = web();
    service.client_affinity = affinity;
    return service;
  };
  for (const absl::Duration good : {absl::Seconds(1), absl::Hours(3), absl::Seconds(86400)}) {
    EXPECT_EQ(text(plan("test", with(good))), "");
  }
  for (const absl::Duration bad :
       {absl::ZeroDuration(), absl::Seconds(-1), absl::Milliseconds(1500), absl::Seconds(86401),
        absl::InfiniteDuration(), -absl::InfiniteDuration()}) {
    EXPECT_THAT(faults(plan("test", with(bad))),
                ElementsAre("service default/web|client_affinity"));
  }
}

TEST_F(CheckTest, NodePortsAtFault) {
  const auto node_port = [](std::uint32_t to) {
    return [to](Service& service) { service.ports[0].node_port = to; };
  };
  expect_refused<Service>(
      web_with_node_port(), "service default/web",
      {
          {"below the range", node_port(29999), "ports[0].node_port",
           "must be 30000 to 32767, the gateway's node ports, is 29999"},
          {"above the range", node_port(32768), "ports[0].node_port", "is 32768"},
          {"none", node_port(0), "addresses[1].kind", "no port has a node port"},
          {"address", [](Service& s) { s.addresses[1].address = "10.0.0.1"; },
           "addresses[1].address", "must be empty"},
          {"twice", [](Service& s) { s.addresses.push_back(node_ports()); }, "addresses[2].kind",
           "is also that of addresses[1]"},
          {"no such address", [](Service& s) { s.addresses.pop_back(); }, "ports[0].node_port",
           "needs an address of KIND_NODE_PORT"},
          {"empty address of another kind", [](Service& s) { s.addresses[0].address = ""; },
           "addresses[0].address", "is no IP"},
          {"same node port",
           [](Service& s) {
             s.ports.push_back({"more", Protocol::kTcp, 81, 30080});
           },
           "ports[1].node_port", "30080/TCP is also ports[0].node_port"},
          {"health port", [](Service& s) { s.health_check_port = 30080; }, "health_check_port",
           "30080/TCP is also ports[0].node_port"},
      });
  Service udp = web_with_node_port();
  udp.ports.push_back({"more", Protocol::kUdp, 81, 30080});
  EXPECT_EQ(text(plan("test", udp)), "");
}

// They are not served there, and the Service's other addresses are.
TEST_F(CheckTest, NodePortsNeedNoNodePortAddress) {
  const Store without{GatewayFacts{}};
  for (const std::uint32_t port : {30080u, 80u}) {
    Service service = web_with_node_port();
    service.ports[0].node_port = port;
    Pending pending;
    pending.set(service);
    EXPECT_THAT(faults(without.plan("test", pending)), testing::IsEmpty()) << port;
  }
}

TEST_F(CheckTest, WhatIsLongOrUnprintableIsCutAndEscaped) {
  Service service = web();
  service.addresses[0].address = std::string(1'000'000, 'x');
  service.ports[0].name = "a\n\x1b[2J\xff";
  const std::string all = text(plan("test", service));
  EXPECT_LT(all.size(), 500u);
  EXPECT_THAT(all, HasSubstr("xxx... (1000000 bytes)\" is no IP address"));
  EXPECT_THAT(all, HasSubstr(R"("a\n\x1b[2J\xff" is no RFC 1123 label)"));
}

TEST_F(CheckTest, EndpointsAtFault) {
  const auto address = [](const char* to) { return [to](Endpoint& e) { e.address = to; }; };
  expect_refused<Endpoint>(
      pod("uid-1", "192.168.1.3"), "endpoint default/web/uid-1",
      {
          {"no name", [](Endpoint& e) { e.name = ""; }, "name", "1 to 253"},
          {"blank in name", [](Endpoint& e) { e.name = "a b"; }, "name", "visible"},
          {"newline in name", [](Endpoint& e) { e.name = "a\nb"; }, "name", "visible"},
          {"long name", [](Endpoint& e) { e.name = std::string(254, 'a'); }, "name", "1 to 253"},
          {"service", [](Endpoint& e) { e.service = "web"; }, "service", "RFC 1123"},
          {"malformed", address("pod-1"), "address", "\"pod-1\" is no IP address"},
          {"unspecified", address("0.0.0.0"), "address", "unspecified"},
          {"loopback", address("127.1.2.3"), "address", "loopback"},
          {"multicast", address("239.1.2.3"), "address", "multicast"},
          {"gateway's", address("10.20.0.1"), "address", "gateway itself"},
          {"no port", [](Endpoint& e) { e.ports.clear(); }, "ports", "at least one"},
          {"port 0", [](Endpoint& e) { e.ports[0].port = 0; }, "ports[0].port", "is 0"},
          {"port 70000", [](Endpoint& e) { e.ports[0].port = 70000; }, "ports[0].port", "70000"},
          {"same port name",
           [](Endpoint& e) {
             e.ports.push_back({"http", 81});
           },
           "ports[1].name", "\"http\" is also that of ports[0]"},
          {"node", [](Endpoint& e) { e.node = std::string(254, 'n'); }, "node", "253"},
          {"state", [](Endpoint& e) { e.state.reset(); }, "state", "unknown"},
          {"local state", [](Endpoint& e) { e.local_state.reset(); }, "local_state", "unknown"},
          {"weight", [](Endpoint& e) { e.weight = 1001; }, "weight", "must be 0 to 1000, is 1001"},
      });
}

TEST_F(CheckTest, RoutesAtFault) {
  const auto prefix = [](const char* to) { return [to](Route& r) { r.prefix = to; }; };
  const auto gateway = [](const char* to) { return [to](Route& r) { r.gateway = to; }; };
  expect_refused<Route>(
      Route{"192.168.1.0/24", "10.12.22.151", ""}, "route 192.168.1.0/24",
      {
          {"malformed", prefix("192.168.1/24"), "prefix", "no IP address"},
          {"too long", prefix("192.168.1.0/33"), "prefix", "0 to 32"},
          {"bits beyond", prefix("192.168.1.1/24"), "prefix", "192.168.1.0/24 is meant?"},
          {"multicast", prefix("224.0.0.0/4"), "prefix", "multicast"},
          {"loopback", prefix("127.0.0.0/8"), "prefix", "loopback"},
          {"neither", gateway(""), "", "needs a gateway or a port"},
          {"malformed gateway", gateway("gw"), "gateway", "\"gw\" is no IP address"},
          {"other family", gateway("2001:db8::1"), "gateway", "is IPv6, but the prefix is IPv4"},
          {"multicast gateway", gateway("224.0.0.1"), "gateway", "multicast"},
          {"own address", gateway("10.20.0.1"), "gateway", "gateway itself"},
      });
  std::vector<RouteHop> seventeen;
  for (int i = 0; i < 17; ++i) seventeen.push_back({"10.12.22." + std::to_string(100 + i), ""});
  const auto hops = [](std::vector<RouteHop> to) {
    return [to = std::move(to)](Route& r) {
      r.gateway.clear();
      r.next_hops = to;
    };
  };
  expect_refused<Route>(
      Route{"192.168.1.0/24", "10.12.22.151", ""}, "route 192.168.1.0/24",
      {
          {"both",
           [](Route& r) {
             r.next_hops = {{"10.12.22.152", ""}};
           },
           "next_hops", "stand instead of"},
          {"too many", hops(seventeen), "next_hops", "at most 16, not 17"},
          {"twice", hops({{"10.12.22.151", ""}, {"10.12.22.151", ""}}), "next_hops[1].gateway",
           "is also that of next_hops[0]"},
          {"no gateway", hops({{"", "downlink"}}), "next_hops[0].gateway", "no IP address"},
          {"other family", hops({{"2001:db8::1", ""}}), "next_hops[0].gateway", "is IPv6"},
      });
  const Plan no_port = plan("test", Route{"2001:db8:1::/64", "fe80::1", ""});
  EXPECT_THAT(faults(no_port), ElementsAre("route 2001:db8:1::/64|port"));
}

TEST_F(CheckTest, EveryFaultIsNamedUpToTheLimit) {
  Service service = web();
  service.ports = {{"a", Protocol::kTcp, 0}, {"b", std::nullopt, 0}};
  service.addresses = {{"nonsense"}};
  EXPECT_THAT(
      faults(plan("test", service, pod("", "x"))),
      ElementsAre("service default/web|addresses[0].address", "service default/web|ports[0].port",
                  "service default/web|ports[1].port", "service default/web|ports[1].protocol",
                  "endpoint default/web/|name", "endpoint default/web/|address"));
  Pending many;
  for (int i = 0; i < 150; ++i) many.set(Route{"bad" + std::to_string(i), "", ""});
  const Plan refused = store.plan("test", many, 100);
  EXPECT_EQ(refused.violations.count(), 150u);
  EXPECT_EQ(refused.violations.kept().size(), 100u);
}

}  // namespace
}  // namespace portico::store
