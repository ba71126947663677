#include "dataplane/kernel/kernel_mirror.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/dataplane/kernel/network_namespace.h"

namespace portico {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;
using testing::UnorderedElementsAreArray;

Route via(const std::string& to, const std::string& gateway, const std::string& port = "uplink") {
  return {prefix(to), address(gateway), port};
}
Route on_link(const std::string& to, const std::string& port = "uplink") {
  return {prefix(to), std::nullopt, port};
}

// Two ports' interfaces, pt0 and pt1, and an interface that is none of ours, other0. Routes that
// the kernel makes itself, for the interfaces' addresses, are left out of what is compared.
class KernelMirrorTest : public testing::Test {
 protected:
  void SetUp() override {
    Tap::Options downlink{"pt1",
                          {{0x02, 0, 0, 0, 0x12, 0x01}},
                          1500,
                          {{address("10.12.22.1"), 24}, {address("2001:db8:12::1"), 64}}};
    taps_.push_back(*Tap::open(uplink_options()));
    taps_.push_back(*Tap::open(downlink));
    run("ip link add other0 type veth peer name other1 && ip link set other1 up && ip address add "
        "10.99.0.1/24 dev other0 && "
        "ip link set other0 up");
  }
  void TearDown() override { run("ip link delete other0"); }

  void start(KernelMirrorConfig config = {true, true, 254}, int receive_buffer = 8 << 20) {
    mirror_ = std::make_unique<KernelMirror>(*KernelMirror::open(
        {{taps_[0].index(), "uplink"}, {taps_[1].index(), "downlink"}}, config,
        [this](const KernelChange& change) { return apply(change); }, receive_buffer));
    poll();
  }

  // Until nothing has come for a while.
  void poll() {
    for (int quiet = 0, before = 0; quiet < 3; before = changes_) {
      mirror_->poll(30);
      quiet = mirror_->is_current() && changes_ == before ? quiet + 1 : 0;
    }
  }

  // What the gateway has.
  std::vector<Route> routes() {
    poll();
    std::vector<Route> all;
    for (const auto& [to, route] : routes_) {
      const bool is_own = to == prefix("10.20.0.0/24") || to == prefix("10.12.22.0/24") ||
                          to == prefix("2001:db8:20::/64") || to == prefix("2001:db8:12::/64");
      if (!is_own) all.push_back(route);
    }
    return all;
  }
  std::vector<KernelNeighbor> neighbors() {
    poll();
    return std::exchange(neighbors_, {});
  }

  absl::Status apply(const KernelChange& change) {
    ++changes_;
    for (const IpPrefix& to : change.deleted_routes) EXPECT_EQ(routes_.erase(to), 1u);
    for (const Route& route : change.set_routes) routes_.insert_or_assign(route.prefix, route);
    neighbors_.insert(neighbors_.end(), change.neighbors.begin(), change.neighbors.end());
    return absl::OkStatus();
  }

  std::vector<Tap> taps_;
  std::unique_ptr<KernelMirror> mirror_;
  std::map<IpPrefix, Route> routes_;
  std::vector<KernelNeighbor> neighbors_;
  int changes_ = 0;
};

TEST_F(KernelMirrorTest, RoutesThatAreThereAndRoutesThatCome) {
  run("ip route add 192.168.1.0/24 via 10.12.22.151");
  run("ip route add 192.168.99.0/24 via 10.99.0.2");  // by an interface that is none of ours
  run("ip route add 192.168.98.0/24 via 10.12.22.151 table 100");
  start();
  EXPECT_THAT(routes(), ElementsAre(via("192.168.1.0/24", "10.12.22.151", "downlink")));
  run("ip route add default via 10.20.0.254");
  run("ip route add 192.168.3.0/24 dev pt0");
  run("ip -6 route add 2001:db8:1::/64 via 2001:db8:12::151");
  run("ip -6 route add 2001:db8:2::/64 via fe80::1 dev pt1");
  run("ip route add blackhole 192.168.4.0/24");
  EXPECT_THAT(routes(),
              UnorderedElementsAre(via("192.168.1.0/24", "10.12.22.151", "downlink"),
                                   via("0.0.0.0/0", "10.20.0.254"), on_link("192.168.3.0/24"),
                                   via("2001:db8:1::/64", "2001:db8:12::151", "downlink"),
                                   via("2001:db8:2::/64", "fe80::1", "downlink")));
  run("ip route del 192.168.1.0/24");
  run("ip route del default");
  run("ip route del 192.168.3.0/24");
  run("ip -6 route del 2001:db8:1::/64");
  run("ip -6 route del 2001:db8:2::/64");
  EXPECT_THAT(routes(), IsEmpty());
}

// What the kernel made of somebody's router advertisement (proto ra), and what it forgets by
// itself, is not the gateway's; a route that such a one replaces is gone.
TEST_F(KernelMirrorTest, RoutesThatAnybodyOnTheLinkMayMake) {
  run("ip -6 route add 2001:db8:1::/64 via fe80::bad dev pt0 proto ra");
  run("ip -6 route add 2001:db8:2::/64 dev pt0 expires 600");
  start();
  EXPECT_THAT(routes(), IsEmpty());
  run("ip -6 route add default via fe80::bad dev pt0 proto ra");
  run("ip -6 route add 2001:db8:3::/64 dev pt0 proto kernel expires 600");
  run("ip route add 192.168.1.0/24 via 10.20.0.66 proto redirect");
  EXPECT_THAT(routes(), IsEmpty());
  run("ip -6 route add 2001:db8:4::/64 via 2001:db8:12::151");
  EXPECT_THAT(routes(), SizeIs(1));
  run("ip -6 route replace 2001:db8:4::/64 via fe80::bad dev pt0 proto ra");
  EXPECT_THAT(routes(), IsEmpty());
  // Another one beside it, of the same metric, comes and goes without a word to the gateway.
  run("ip -6 route add 2001:db8:5::/64 via 2001:db8:12::151 dev pt1 proto static");
  run("ip -6 route append 2001:db8:5::/64 via fe80::bad dev pt0 proto ra expires 600");
  run("ip -6 route del 2001:db8:5::/64 via fe80::bad dev pt0");
  EXPECT_THAT(routes(), ElementsAre(via("2001:db8:5::/64", "2001:db8:12::151", "downlink")));
}

// A router advertisement of anybody on the link: prefix information, on-link and autonomous, and a
// default router (RFC 4861 section 4.2, RFC 4862 section 5.5).
std::string router_advertisement() {
  const auto bytes = [](const char* text) {
    return std::string(reinterpret_cast<const char*>(address(text).data()), 16);
  };
  const auto big_endian = [](unsigned value) {
    return std::string{static_cast<char>(value >> 8), static_cast<char>(value)};
  };
  std::string message("\x86\0\0\0\x40\0\x07\x08\0\0\0\0\0\0\0\0", 16);
  message += std::string("\x03\x04\x40\xc0\0\x01\x51\x80\0\x01\x51\x80\0\0\0\0", 16);
  message += bytes("2001:db8:1::");
  const std::string hosts = bytes("fe80::bad") + bytes("ff02::1");
  const std::string length = big_endian(static_cast<unsigned>(message.size()));
  const std::string summed =
      hosts + std::string(2, '\0') + length + std::string("\0\0\0\x3a", 4) + message;
  unsigned sum = 0;
  for (std::size_t i = 0; i < summed.size(); i += 2) {
    sum += static_cast<unsigned char>(summed[i]) * 256u + static_cast<unsigned char>(summed[i + 1]);
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  message.replace(2, 2, big_endian(~sum & 0xffff));
  return std::string("\x33\x33\0\0\0\x01\x02\xba\xdb\xad\xba\xd0\x86\xdd", 14) +
         std::string("\x60\0\0\0", 4) + length + std::string("\x3a\xff", 2) + hosts + message;
}

TEST_F(KernelMirrorTest, ARouterAdvertisementMakesNoRoute) {
  start();
  // Until then the kernel hears none.
  for (int i = 0; output_of("ip -6 route show table local dev pt0 to root fe80::/10") == ""; ++i) {
    ASSERT_LT(i, 500) << "the link-local address is still tentative";
    poll();
  }
  const std::string frame = router_advertisement();
  const std::string before = output_of("ip -6 route show table all dev pt0");
  ASSERT_TRUE(taps_[0].write(reinterpret_cast<const std::uint8_t*>(frame.data()), frame.size()));
  EXPECT_THAT(routes(), IsEmpty());
  EXPECT_EQ(output_of("ip -6 route show table all dev pt0"), before);
}

TEST_F(KernelMirrorTest, NoMoreRoutesThanItMayHave) {
  KernelMirrorConfig config{true, true, 254};
  config.max_routes = 4;  // of which two are the interfaces' own
  start(config);
  for (const char* to : {"192.168.1.0/24", "192.168.2.0/24", "192.168.3.0/24"}) {
    run("ip route add " + std::string(to) + " via 10.12.22.151");
  }
  EXPECT_THAT(routes(), ElementsAre(via("192.168.1.0/24", "10.12.22.151", "downlink"),
                                    via("192.168.2.0/24", "10.12.22.151", "downlink")));
  run("ip -6 route add 2001:db8:1::/64 via 2001:db8:12::151");
  EXPECT_THAT(routes(), SizeIs(3)) << "each family has its own";
  run("ip route change 192.168.1.0/24 via 10.12.22.152");
  EXPECT_THAT(routes(), testing::Contains(via("192.168.1.0/24", "10.12.22.152", "downlink")));
  run("ip route del 192.168.2.0/24");
  EXPECT_THAT(routes(),
              UnorderedElementsAre(via("192.168.1.0/24", "10.12.22.152", "downlink"),
                                   via("192.168.3.0/24", "10.12.22.151", "downlink"),
                                   via("2001:db8:1::/64", "2001:db8:12::151", "downlink")));
}

TEST_F(KernelMirrorTest, AnotherTable) {
  run("ip route add 192.168.1.0/24 via 10.12.22.151 table 100000");
  run("ip route add 192.168.2.0/24 via 10.12.22.151");
  start({true, false, 100000});
  EXPECT_THAT(routes(), ElementsAre(via("192.168.1.0/24", "10.12.22.151", "downlink")));
}

TEST_F(KernelMirrorTest, NothingThatIsNotAskedFor) {
  run("ip route add 192.168.1.0/24 via 10.12.22.151");
  run("ip neighbor add 10.12.22.151 lladdr 02:00:00:00:00:51 dev pt1 nud permanent");
  start({false, false, 254});
  EXPECT_THAT(routes(), IsEmpty());
  EXPECT_THAT(neighbors(), IsEmpty());
}

TEST_F(KernelMirrorTest, ReplacedRoutes) {
  start();
  for (const auto& [to, first, second] :
       {std::tuple("192.168.1.0/24", "10.12.22.151", "10.12.22.152"),
        std::tuple("2001:db8:1::/64", "2001:db8:12::151", "2001:db8:12::152")}) {
    const std::string ip = "ip route replace " + std::string(to) + " via ";
    run(ip + first);
    EXPECT_THAT(routes(), ElementsAre(via(to, first, "downlink")));
    run(ip + second);
    EXPECT_THAT(routes(), ElementsAre(via(to, second, "downlink")));
    run("ip route del " + std::string(to));
    EXPECT_THAT(routes(), IsEmpty());
  }
}

TEST_F(KernelMirrorTest, TheLowestMetricThatLeavesByAPortCounts) {
  start();
  run("ip route add 192.168.1.0/24 via 10.12.22.151 metric 20");
  run("ip route add 192.168.1.0/24 via 10.12.22.152 metric 10");
  run("ip route add 192.168.1.0/24 via 10.99.0.2 metric 5");
  EXPECT_THAT(routes(), ElementsAre(via("192.168.1.0/24", "10.12.22.152", "downlink")));
  run("ip route del 192.168.1.0/24 metric 10");
  EXPECT_THAT(routes(), ElementsAre(via("192.168.1.0/24", "10.12.22.151", "downlink")));
}

TEST_F(KernelMirrorTest, SeveralNextHopsComeAndGo) {
  start();
  run("ip route add 192.168.1.0/24 nexthop via 10.99.0.2 nexthop via 10.12.22.151 "
      "nexthop via 10.12.22.152");
  run("ip -6 route add 2001:db8:1::/64 nexthop via 2001:db8:12::151 nexthop via 2001:db8:12::152");
  // Those that are on the gateway's ports share the flows.
  const RouteHop v4_hops[] = {{address("10.12.22.151"), "downlink"},
                              {address("10.12.22.152"), "downlink"}};
  const RouteHop v6_hops[] = {{address("2001:db8:12::151"), "downlink"},
                              {address("2001:db8:12::152"), "downlink"}};
  routes();
  EXPECT_THAT(routes_[prefix("192.168.1.0/24")].next_hops, UnorderedElementsAreArray(v4_hops));
  EXPECT_THAT(routes_[prefix("2001:db8:1::/64")].next_hops, UnorderedElementsAreArray(v6_hops));
  run("ip -6 route del 2001:db8:1::/64 via 2001:db8:12::151 dev pt1");
  run("ip route replace 192.168.1.0/24 via 10.12.22.152");
  EXPECT_THAT(routes(),
              UnorderedElementsAre(via("192.168.1.0/24", "10.12.22.152", "downlink"),
                                   via("2001:db8:1::/64", "2001:db8:12::152", "downlink")));
  run("ip -6 route append 2001:db8:1::/64 via 2001:db8:12::153");
  run("ip -6 route del 2001:db8:1::/64 via 2001:db8:12::152 dev pt1");
  run("ip route del 192.168.1.0/24");
  EXPECT_THAT(routes(), ElementsAre(via("2001:db8:1::/64", "2001:db8:12::153", "downlink")));
}

// The kernel does not tell which IPv4 routes go with an interface or an address.
TEST_F(KernelMirrorTest, RoutesGoWithTheInterfaceAndTheAddress) {
  start();
  run("ip route add 192.168.1.0/24 via 10.12.22.151");
  run("ip -6 route add 2001:db8:1::/64 via 2001:db8:12::151");
  run("ip route add 192.168.2.0/24 via 10.20.0.5");
  EXPECT_THAT(routes(), SizeIs(3));
  run("ip link set pt1 down");
  EXPECT_THAT(routes(), ElementsAre(via("192.168.2.0/24", "10.20.0.5")));
  run("ip link set pt1 up");
  run("ip route add 192.168.1.0/24 via 10.12.22.151");
  EXPECT_THAT(routes(), SizeIs(2));
  run("ip address del 10.20.0.1/24 dev pt0");
  EXPECT_THAT(routes(), ElementsAre(via("192.168.1.0/24", "10.12.22.151", "downlink")));
}

// Hands commands to ip(8), all at once.
void run_batch(const std::vector<std::string>& commands) {
  FILE* const pipe = popen("ip -batch -", "w");
  for (const std::string& command : commands) fputs((command + "\n").c_str(), pipe);
  EXPECT_EQ(pclose(pipe), 0);
}

// "172.16.0.0/32" and so on.
std::string nth_host(int i) {
  return "172." + std::to_string(16 + i / 10'000) + "." + std::to_string(i / 100 % 100) + "." +
         std::to_string(i % 100) + "/32";
}

// Ten thousand routes, the first half of them there from the start.
TEST_F(KernelMirrorTest, TenThousandRoutes) {
  const auto add = [](int first, int last) {
    std::vector<std::string> commands;
    for (int i = first; i < last; ++i) {
      commands.push_back("route add " + nth_host(i) + " via 10.12.22." +
                         std::to_string(100 + i % 100));
    }
    run_batch(commands);
  };
  add(0, 5000);
  start();
  EXPECT_THAT(routes(), SizeIs(5000));
  add(5000, 10'000);
  EXPECT_THAT(routes(), SizeIs(10'000));
  EXPECT_LT(changes_, 100) << "each is a grace period of the gateway's";
  run("ip route flush via 10.12.22.117");
  EXPECT_THAT(routes(), SizeIs(9'900));
  run("ip link set pt1 down");
  EXPECT_THAT(routes(), IsEmpty());
}

// More messages than the socket holds, while nobody reads; the last one is that a route is gone.
TEST_F(KernelMirrorTest, LostMessagesLeadToADump) {
  run("ip route add 192.168.1.0/24 via 10.12.22.151");
  start({true, true, 254}, 64 << 10);
  std::vector<std::string> commands;
  for (int i = 0; i < 1000; ++i) {
    commands.push_back("route add " + nth_host(i) + " via 10.12.22.10");
  }
  commands.emplace_back("route del 192.168.1.0/24");
  run_batch(commands);
  const std::vector<Route> all = routes();
  EXPECT_THAT(all, SizeIs(1000));
  EXPECT_THAT(all, testing::Each(testing::Field(&Route::gateway, address("10.12.22.10"))));
}

TEST_F(KernelMirrorTest, PermanentAndReachableNeighbors) {
  using State = KernelNeighbor::State;
  run("ip neighbor add 10.12.22.151 lladdr 02:00:00:00:00:51 dev pt1 nud permanent");
  run("ip neighbor add 10.99.0.2 lladdr 02:00:00:00:00:99 dev other0 nud permanent");
  start();
  const MacAddress mac{{0x02, 0, 0, 0, 0, 0x51}};
  EXPECT_THAT(neighbors(), ElementsAre(KernelNeighbor{"downlink", address("10.12.22.151"), mac,
                                                      State::kPermanent}));
  run("ip neighbor add 2001:db8:20::5 lladdr 02:00:00:00:00:51 dev pt0 nud reachable");
  run("ip neighbor add 10.20.0.6 lladdr 02:00:00:00:00:51 dev pt0 nud stale");
  run("ip neighbor add 10.20.0.7 lladdr 03:00:00:00:00:51 dev pt0 nud permanent");
  EXPECT_THAT(neighbors(), ElementsAre(KernelNeighbor{"uplink", address("2001:db8:20::5"), mac,
                                                      State::kReachable}));
  run("ip neighbor del 10.12.22.151 dev pt1");
  run("ip neighbor del 2001:db8:20::5 dev pt0");
  EXPECT_THAT(neighbors(),
              ElementsAre(KernelNeighbor{"downlink", address("10.12.22.151"), {}, State::kGone}));
  // What goes unsaid is seen by the next dump.
  run("ip neighbor add 10.12.22.152 lladdr 02:00:00:00:00:51 dev pt1 nud permanent");
  EXPECT_THAT(neighbors(), SizeIs(1));
  run("ip link set pt1 down");
  EXPECT_THAT(neighbors(), testing::Contains(KernelNeighbor{
                               "downlink", address("10.12.22.152"), {}, State::kGone}));
}

}  // namespace
}  // namespace portico
