// What a Service's kinds, policies and ranges become in the tables.

#include "controlplane/store/expand.h"

#include "gmock/gmock.h"
#include "tests/unit/controlplane/store/store_fixture.h"

namespace portico::store {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class ExpandTest : public StoreTest {
 protected:
  std::vector<ServicePort> expanded(const Service& service, const Endpoints& endpoints = {}) {
    EXPECT_EQ(text(plan("a", service)), "");
    return expand(service, endpoints, store.facts().node_ports);
  }
  static Endpoints of(const Endpoint& endpoint) {
    return {{endpoint.name, std::make_shared<const Endpoint>(endpoint)}};
  }
  static std::vector<std::string> sockets(const ServicePort& port) {
    std::vector<std::string> sockets;
    for (const Frontend& frontend : port.frontends) {
      sockets.push_back(to_string(frontend.address, frontend.port));
    }
    return sockets;
  }
  static std::vector<std::string> ids(const std::vector<ServicePort>& ports) {
    std::vector<std::string> ids;
    for (const ServicePort& port : ports) ids.push_back(port.id);
    return ids;
  }
};

TEST_F(ExpandTest, AFrontendForEachAddressWithAllThatIsSaidOfIt) {
  Service service = web_with_node_port();
  service.addresses[0].source_address = SourceAddress::kMasqueradeOffCluster;
  ServiceAddress balancer;
  balancer.address = "203.0.113.7";
  balancer.kind = FrontendKind::kLoadBalancerIp;
  balancer.traffic_policy = TrafficPolicy::kLocal;
  balancer.source_address = SourceAddress::kPreserve;
  balancer.source_ranges = {"198.51.100.0/24", "10.0.0.0/8", "10.0.0.0/8"};
  service.addresses.push_back(balancer);
  const auto ports = expanded(service);
  ASSERT_EQ(ports.size(), 1u);
  const auto at = [](const char* text, std::uint16_t port) {
    Frontend frontend;
    frontend.address = address(text);
    frontend.port = L4Port::from_host(port);
    return frontend;
  };
  Frontend cluster_ip = at("10.100.3.59", 80);
  cluster_ip.source_address = SourceAddress::kMasqueradeOffCluster;
  Frontend node_port = at("10.20.0.1", 30080);
  node_port.kind = FrontendKind::kNodePort;
  Frontend load_balancer = at("203.0.113.7", 80);
  load_balancer.kind = FrontendKind::kLoadBalancerIp;
  load_balancer.policy = TrafficPolicy::kLocal;
  load_balancer.source_address = SourceAddress::kPreserve;
  load_balancer.source_ranges = {IpPrefix::parse("10.0.0.0/8").value(),
                                 IpPrefix::parse("198.51.100.0/24").value()};
  EXPECT_THAT(ports[0].frontends, ElementsAre(cluster_ip, node_port, load_balancer));
}

TEST_F(ExpandTest, AServicePortHasWhatTheServiceSays) {
  Service service = web();
  service.selection = Selection::kLeastConnections;
  service.maglev_table_size = 1021;
  service.client_affinity = absl::Hours(3);
  const auto ports = expanded(service);
  ASSERT_EQ(ports.size(), 1u);
  EXPECT_EQ(ports[0].selection, Selection::kLeastConnections);
  EXPECT_EQ(ports[0].maglev_table_size, 1021u);
  EXPECT_EQ(ports[0].client_affinity, Duration(std::chrono::hours(3)));
  EXPECT_EQ(expanded(web())[0].client_affinity, std::nullopt);
}

TEST_F(ExpandTest, AnEndpointHasItsStatesWeightAndLimit) {
  Endpoint endpoint = pod("uid-1", "192.168.1.3");
  endpoint.state = EndpointState::kDraining;
  endpoint.local_state = EndpointState::kActive;
  endpoint.weight = 7;
  endpoint.max_connections = 9;
  const auto port = expanded(web(), of(endpoint)).at(0);
  ASSERT_EQ(port.endpoints.size(), 1u);
  EXPECT_FALSE(port.endpoints[0].accepts_new);
  EXPECT_TRUE(port.endpoints[0].accepts_new_local);
  EXPECT_EQ(port.endpoints[0].weight, 7u);
  EXPECT_EQ(port.endpoints[0].max_connections, 9u);
  const auto plain = expanded(web(), of(pod("uid-1", "192.168.1.3"))).at(0);
  EXPECT_TRUE(plain.endpoints[0].accepts_new);
  EXPECT_FALSE(plain.endpoints[0].accepts_new_local);
  EXPECT_EQ(plain.endpoints[0].weight, 1u);
}

// kube-proxy has node ports in the families of the Service's cluster IPs.
TEST_F(ExpandTest, NodePortsAreInTheFamiliesOfTheOtherAddresses) {
  EXPECT_THAT(ids(expanded(web_with_node_port())), ElementsAre("default/web:http/IPv4"));
  Service v6 = web_with_node_port();
  v6.addresses[0].address = "2001:db8::80";
  const auto ports = expanded(v6);
  ASSERT_EQ(ports.size(), 1u);
  EXPECT_THAT(sockets(ports[0]), ElementsAre("[2001:db8::80]:80", "[2001:db8:20::1]:30080"));
}

TEST_F(ExpandTest, NodePortsAloneAreInTheFamiliesOfTheGateway) {
  Service alone = web_with_node_port();
  alone.addresses.erase(alone.addresses.begin());
  const auto ports = expanded(alone);
  ASSERT_EQ(ports.size(), 2u);
  EXPECT_THAT(sockets(ports[0]), ElementsAre("10.20.0.1:30080"));
  EXPECT_THAT(sockets(ports[1]), ElementsAre("[2001:db8:20::1]:30080"));
}

TEST_F(ExpandTest, APortWithoutNodePortIsOnTheOtherAddressesAlone) {
  Service service = web_with_node_port();
  service.ports.push_back({"more", Protocol::kTcp, 81});
  EXPECT_THAT(sockets(expanded(service).at(1)), ElementsAre("10.100.3.59:81"));
  service.addresses.erase(service.addresses.begin());
  EXPECT_THAT(ids(expanded(service)),
              ElementsAre("default/web:http/IPv4", "default/web:http/IPv6"));
}

// Ranges of one family must not leave the other one open to everybody.
TEST_F(ExpandTest, NodePortsWithRangesOfOneFamilyAreInThatFamily) {
  Service service = web_with_node_port();
  service.addresses[1].source_ranges = {"10.0.0.0/8"};
  service.addresses.push_back({"2001:db8::80"});
  const auto ports = expanded(service);
  ASSERT_EQ(ports.size(), 2u);
  EXPECT_THAT(sockets(ports[0]), ElementsAre("10.100.3.59:80", "10.20.0.1:30080"));
  EXPECT_THAT(sockets(ports[1]), ElementsAre("[2001:db8::80]:80"));
  EXPECT_THAT(ports[0].frontends[1].source_ranges,
              ElementsAre(IpPrefix::parse("10.0.0.0/8").value()));
}

TEST_F(ExpandTest, AnotherOrderOfRangesIsNoChange) {
  Service service = web();
  service.addresses[0].source_ranges = {"10.0.0.0/8", "192.0.2.0/24"};
  commit_set("a", service);
  std::swap(service.addresses[0].source_ranges[0], service.addresses[0].source_ranges[1]);
  const Plan again = commit_set("a", service);
  EXPECT_THAT(again.tables.set_service_ports, IsEmpty());
}

TEST_F(ExpandTest, WhereTheHealthIsAskedIsNoChangeOfTables) {
  commit_set("a", web());
  Service service = web();
  service.health_check_port = 31000;
  EXPECT_TRUE(commit_set("a", service).tables.empty());
}

}  // namespace
}  // namespace portico::store
