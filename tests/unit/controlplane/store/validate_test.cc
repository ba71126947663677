// What is wrong between objects.

#include "gmock/gmock.h"
#include "tests/unit/controlplane/store/store_fixture.h"

namespace portico::store {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class ValidateTest : public StoreTest {};

Service named(const std::string& name, const std::string& address) {
  Service service = web();
  service.name = name;
  service.addresses = {{address}};
  return service;
}

TEST_F(ValidateTest, TwoServicesOfOneSyncWithOneFrontend) {
  const Plan refused =
      plan("a", named("default/one", "10.0.0.1"), named("default/two", "10.0.0.1"));
  EXPECT_EQ(text(refused),
            "service default/two|ports[0].port|10.0.0.1:80/TCP belongs to service default/one of "
            "source \"a\"\n");
}

TEST_F(ValidateTest, AnAddressOfANextHop) {
  EXPECT_EQ(text(plan("a", named("default/web", "10.20.0.254"))),
            "service default/web|addresses[0].address|10.20.0.254 is the next hop of a route\n");
}

// Whether their Services are there or not, over all sources.
TEST_F(ValidateTest, MoreEndpointsThanTheGatewayHasRoomFor) {
  const auto endpoints = [](const std::string& prefix, int count) {
    Pending pending;
    for (int i = 0; i < count; ++i) {
      pending.set(pod(prefix + std::to_string(i), "10.1.2.3", "default/none"));
    }
    return pending;
  };
  Store bounded{GatewayFacts{{}, {}, {}, 100}};
  bounded.commit(bounded.plan("a", endpoints("a", 60)));
  bounded.commit(bounded.plan("b", endpoints("b", 40)));
  EXPECT_EQ(text(bounded.plan("b", endpoints("c", 1))),
            "endpoint default/none/c0||is one of 101 endpoints; capacity.endpoints is 100\n");
  EXPECT_EQ(text(bounded.plan("a", endpoints("a", 60))), "");  // they are there already
  Pending exchange = endpoints("c", 1);
  exchange.erase_endpoint("default/none", "a0");
  EXPECT_EQ(text(bounded.plan("a", exchange)), "");
}

TEST_F(ValidateTest, AFrontendOfARunningServiceOfTheSameOrAnotherSource) {
  commit_set("a", named("default/one", "10.0.0.1"));
  for (const char* source : {"a", "b"}) {
    EXPECT_EQ(text(plan(source, named("default/two", "10.0.0.1"))),
              "service default/two|ports[0].port|10.0.0.1:80/TCP belongs to service default/one of "
              "source \"a\"\n");
  }
}

TEST_F(ValidateTest, OneAddressIsSharedByPortAndByProtocol) {
  commit_set("a", named("default/one", "10.0.0.1"));
  Service other_port = named("default/two", "10.0.0.1");
  other_port.ports[0].port = 81;
  Service other_protocol = named("default/three", "10.0.0.1");
  other_protocol.ports[0].protocol = Protocol::kUdp;
  EXPECT_EQ(text(plan("b", other_port, other_protocol)), "");
}

TEST_F(ValidateTest, AFrontendMayPassFromOneServiceToAnotherInOneSync) {
  commit_set("a", named("default/one", "10.0.0.1"), named("default/two", "10.0.0.2"));
  commit_set("a", named("default/one", "10.0.0.2"), named("default/two", "10.0.0.1"));
  Pending rename;
  rename.erase_service("default/one");
  rename.set(named("default/renamed", "10.0.0.2"));
  commit("a", rename);
  EXPECT_THAT(plan("a", named("default/late", "10.0.0.1")).violations.kept().at(0).message,
              HasSubstr("belongs to service default/two"));
}

TEST_F(ValidateTest, AFrontendIsFreeOnceItsServiceIsGone) {
  commit_set("a", named("default/one", "10.0.0.1"));
  Pending erase;
  erase.erase_service("default/one");
  commit("a", erase);
  EXPECT_EQ(text(plan("b", named("default/two", "10.0.0.1"))), "");
}

TEST_F(ValidateTest, ANodePortIsOneServicesOverAllSources) {
  commit_set("a", web_with_node_port(30080));
  Service other = named("default/two", "10.0.0.2");
  other.addresses.push_back(node_ports());
  other.ports[0].node_port = 30080;
  EXPECT_EQ(
      text(plan("b", other)),
      "service default/two|ports[0].node_port|30080/TCP on the node-port addresses belongs to "
      "service default/web of source \"a\"\n");
  // IPv6 alone, where the other one isn't: the numbers are the cluster's all the same.
  other.addresses[0].address = "2001:db8::80";
  EXPECT_THAT(faults(plan("b", other)), ElementsAre("service default/two|ports[0].node_port"));
  other.ports[0].protocol = Protocol::kUdp;
  EXPECT_EQ(text(plan("b", other)), "");
}

TEST_F(ValidateTest, AHealthCheckPortIsOneServicesAndNoNodePort) {
  Service first = web_with_node_port(30080);
  first.health_check_port = 30081;
  commit_set("a", first);
  Service other = named("default/two", "10.0.0.2");
  for (const std::uint32_t port : {30080u, 30081u}) {
    other.health_check_port = port;
    EXPECT_THAT(faults(plan("b", other)), ElementsAre("service default/two|health_check_port"));
  }
  other.health_check_port = 30082;
  EXPECT_EQ(text(plan("b", other)), "");
  first.health_check_port = 0;
  commit_set("a", first);
  other.health_check_port = 30081;
  EXPECT_EQ(text(plan("b", other)), "");
}

TEST_F(ValidateTest, ANodePortMayPassToAnotherServiceInOneSync) {
  Service one = web_with_node_port(30080);
  Service two = named("default/two", "10.0.0.2");
  two.addresses.push_back(node_ports());
  two.ports[0].node_port = 30081;
  commit_set("a", one, two);
  std::swap(one.ports[0].node_port, two.ports[0].node_port);
  commit_set("a", one, two);
  EXPECT_EQ(text(plan("a", one, two)), "");
}

TEST_F(ValidateTest, ANameOrPrefixOfAnotherSource) {
  commit_set("a", web(), Route{"192.168.1.0/24", "10.12.22.151", ""});
  EXPECT_EQ(text(plan("b", web(), Route{"192.168.1.0/24", "10.12.22.152", ""})),
            "service default/web|name|is held by source \"a\"\n"
            "route 192.168.1.0/24|prefix|is held by source \"a\"\n");
  EXPECT_EQ(text(plan("a", Route{"192.168.1.0/24", "10.12.22.152", ""})), "");
}

TEST_F(ValidateTest, OnePrefixInTwoSpellingsIsOneRoute) {
  commit_set("a", Route{"2001:db8:1::/64", "", "down"});
  EXPECT_THAT(faults(plan("b", Route{"2001:DB8:1:0::/64", "", "down"})),
              ElementsAre("route 2001:DB8:1:0::/64|prefix"));
}

TEST_F(ValidateTest, AnEndpointOfTheWrongFamily) {
  const Plan refused = plan("a", web(), pod("uid-6", "2001:db8:1::3"));
  EXPECT_EQ(text(refused),
            "endpoint default/web/uid-6|address|is of the wrong family: 2001:db8:1::3 is IPv6, but "
            "service default/web has no IPv6 address\n");
}

TEST_F(ValidateTest, AnEndpointIsHeldUntilItsServiceComesAndJudgedThen) {
  commit_set("a", pod("uid-6", "2001:db8:1::3"));
  EXPECT_THAT(faults(plan("a", web())), ElementsAre("endpoint default/web/uid-6|address"));
  Service dual = web();
  dual.addresses.push_back({"2001:db8::80"});
  EXPECT_EQ(text(plan("a", dual)), "");
}

TEST_F(ValidateTest, AnEndpointWaitsForTheServiceOfItsOwnSource) {
  commit_set("a", web());
  const Plan held = commit_set("b", pod("uid-6", "2001:db8:1::3"));
  EXPECT_TRUE(held.tables.empty());
}

TEST_F(ValidateTest, AFamilyThatAServiceLosesIsMissedByItsEndpoints) {
  Service dual = web();
  dual.addresses.push_back({"2001:db8::80"});
  commit_set("a", dual, pod("uid-4", "192.168.1.3"), pod("uid-6", "2001:db8:1::3"));
  EXPECT_THAT(faults(plan("a", web())), ElementsAre("endpoint default/web/uid-6|address"));
  Pending both;
  both.set(web());
  both.erase_endpoint("default/web", "uid-6");
  EXPECT_THAT(faults(store.plan("a", both)), IsEmpty());
}

TEST_F(ValidateTest, AFaultyServiceDoesNotAccuseItsEndpoints) {
  Service bad = web();
  bad.addresses = {{"10.100.3"}};
  EXPECT_THAT(faults(plan("a", bad, pod("uid-1", "192.168.1.3"))),
              ElementsAre("service default/web|addresses[0].address"));
}

}  // namespace
}  // namespace portico::store
