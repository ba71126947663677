// What becomes of good objects: expansion, difference, and how much is touched for it.

#include "gmock/gmock.h"
#include "tests/unit/controlplane/store/store_fixture.h"

#include "controlplane/store/expand.h"

namespace portico::store {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class DiffTest : public StoreTest {
 protected:
  static std::vector<std::string> ids(const TableChange& change) {
    std::vector<std::string> ids;
    for (const ServicePort& port : change.set_service_ports) ids.push_back(port.id);
    return ids;
  }
  static std::vector<std::string> sockets(const ServicePort& port) {
    std::vector<std::string> sockets;
    for (const portico::Endpoint& endpoint : port.endpoints) {
      sockets.push_back(to_string(endpoint.address, endpoint.port) + " " + endpoint.identity);
    }
    return sockets;
  }
};

Service dual_stack() {
  Service service = web();
  service.addresses = {{"2001:db8::80", FrontendKind::kClusterIp},
                       {"10.100.3.59", FrontendKind::kClusterIp},
                       {"203.0.113.7", FrontendKind::kExternalIp}};
  service.ports = {{"http", Protocol::kTcp, 80}, {"dns", Protocol::kUdp, 53}};
  service.selection = Selection::kMaglev;
  service.source_address = SourceAddress::kPreserve;
  for (ServiceAddress& address : service.addresses) {
    address.source_address = SourceAddress::kPreserve;
  }
  return service;
}

TEST_F(DiffTest, AServicePortForEachPortInEachFamily) {
  Endpoint first = pod("uid-2", "192.168.1.4");
  first.ports = {{"http", 8080}, {"dns", 5353}, {"metrics", 9100}};
  first.node = "worker-1";
  Endpoint second = pod("uid-1", "192.168.1.3");
  second.state = EndpointState::kDraining;
  const Endpoint sixth = pod("uid-6", "2001:db8:1::3");
  const auto change = commit_set("a", dual_stack(), first, second, sixth).tables.set_service_ports;

  ASSERT_EQ(change.size(), 4u);
  const ServicePort& http4 = change[0];
  EXPECT_EQ(http4.id, "default/web:http/IPv4");
  EXPECT_EQ(http4.service, "default/web");
  EXPECT_EQ(http4.port_name, "http");
  EXPECT_EQ(http4.family, Family::kIpv4);
  EXPECT_EQ(http4.protocol, Protocol::kTcp);
  EXPECT_EQ(http4.selection, Selection::kMaglev);
  const auto frontend = [](const char* text, FrontendKind kind) {
    return Frontend{address(text), L4Port::from_host(80), kind, TrafficPolicy::kCluster,
                    SourceAddress::kPreserve};
  };
  EXPECT_THAT(http4.frontends, ElementsAre(frontend("10.100.3.59", FrontendKind::kClusterIp),
                                           frontend("203.0.113.7", FrontendKind::kExternalIp)));
  const auto port8080 = L4Port::from_host(8080);
  EXPECT_THAT(
      http4.endpoints,
      ElementsAre(portico::Endpoint{address("192.168.1.3"), port8080, "uid-1", "", false},
                  portico::Endpoint{address("192.168.1.4"), port8080, "uid-2", "worker-1", true}));

  EXPECT_EQ(change[1].id, "default/web:dns/IPv4");
  EXPECT_EQ(change[1].protocol, Protocol::kUdp);
  EXPECT_THAT(sockets(change[1]), ElementsAre("192.168.1.4:5353 uid-2"));
  EXPECT_EQ(change[2].id, "default/web:http/IPv6");
  EXPECT_THAT(change[2].frontends, ElementsAre(frontend("2001:db8::80", FrontendKind::kClusterIp)));
  EXPECT_THAT(sockets(change[2]), ElementsAre("[2001:db8:1::3]:8080 uid-6"));
  EXPECT_EQ(change[3].id, "default/web:dns/IPv6");
  EXPECT_THAT(change[3].endpoints, IsEmpty());
}

TEST_F(DiffTest, AnUnnamedPort) {
  Service service = web();
  service.ports[0].name = "";
  Endpoint endpoint = pod("uid-1", "192.168.1.3");
  endpoint.ports[0].name = "";
  const auto change = commit_set("a", service, endpoint).tables.set_service_ports;
  ASSERT_EQ(change.size(), 1u);
  EXPECT_EQ(change[0].id, "default/web:/IPv4");
  EXPECT_THAT(sockets(change[0]), ElementsAre("192.168.1.3:8080 uid-1"));
}

TEST_F(DiffTest, EndpointsAreSortedByAddressThenPortThenName) {
  Endpoint low_port = pod("uid-9", "192.168.1.9");
  low_port.ports[0].port = 80;
  const auto change = commit_set("a", web(), pod("uid-1", "192.168.1.10"), low_port,
                                 pod("uid-b", "192.168.1.9"), pod("uid-a", "192.168.1.9"))
                          .tables.set_service_ports;
  ASSERT_EQ(change.size(), 1u);
  EXPECT_THAT(sockets(change[0]), ElementsAre("192.168.1.9:80 uid-9", "192.168.1.9:8080 uid-a",
                                              "192.168.1.9:8080 uid-b", "192.168.1.10:8080 uid-1"));
}

TEST_F(DiffTest, TheSameAgainIsNoChange) {
  const auto set_all = [](Pending& pending) {
    pending.set(dual_stack());
    pending.set(pod("uid-1", "192.168.1.3"));
    pending.set(Route{"192.168.1.0/24", "10.12.22.151", ""});
  };
  Pending first;
  set_all(first);
  commit("a", first);
  set_all(first);
  Pending again;
  again.reset();
  set_all(again);
  for (const Pending& pending : {first, again}) {
    const Plan same = store.plan("a", pending);
    EXPECT_TRUE(same.objects.empty());
    EXPECT_TRUE(same.tables.empty());
    EXPECT_EQ(same.work.objects_checked, 0u);
    EXPECT_EQ(same.work.services_expanded, 0u);
  }
}

TEST_F(DiffTest, WhatDoesNotReachTheTablesIsNoChangeOfTables) {
  commit_set("a", web(), pod("uid-1", "192.168.1.3"), Route{"2001:db8:1::/64", "", "down"});
  Endpoint more_ports = pod("uid-1", "192.168.1.3");
  more_ports.ports.push_back({"unknown", 1});
  const Plan same = commit_set("a", more_ports, Route{"2001:DB8:1::/64", "", "down"});
  EXPECT_TRUE(same.tables.empty());
  EXPECT_FALSE(same.objects.empty());
}

TEST_F(DiffTest, ResetForgetsWhatIsNotSetAgain) {
  commit_set("a", web(), pod("uid-1", "192.168.1.3"), Route{"192.168.1.0/24", "", "down"});
  commit_set("b", Route{"192.168.2.0/24", "", "down"});
  Pending pending;
  pending.set(Route{"10.0.0.0/8", "", "down"});  // before Reset: forgotten too
  pending.reset();
  const TableChange change = commit("a", pending).tables;
  EXPECT_THAT(change.deleted_service_ports, ElementsAre("default/web:http/IPv4"));
  EXPECT_THAT(change.deleted_routes, ElementsAre(IpPrefix::parse("192.168.1.0/24").value()));
  EXPECT_THAT(change.set_routes, IsEmpty());
  EXPECT_TRUE(store.objects_of("a").endpoints.empty());
  EXPECT_EQ(store.objects_of("a").endpoint_count, 0u);
  EXPECT_EQ(store.objects_of("b").routes.size(), 1u);
}

TEST_F(DiffTest, DeletingWhatIsNotThereIsNoChange) {
  Pending pending;
  pending.erase_service("default/web");
  pending.erase_endpoint("default/web", "uid-1");
  pending.erase_route("nonsense");
  EXPECT_TRUE(store.plan("a", pending).objects.empty());
}

TEST_F(DiffTest, ADeletedServiceHoldsItsEndpoints) {
  commit_set("a", web(), pod("uid-1", "192.168.1.3"));
  Pending erase;
  erase.erase_service("default/web");
  EXPECT_THAT(commit("a", erase).tables.deleted_service_ports,
              ElementsAre("default/web:http/IPv4"));
  const auto back = commit_set("a", web()).tables.set_service_ports;
  ASSERT_EQ(back.size(), 1u);
  EXPECT_THAT(sockets(back[0]), ElementsAre("192.168.1.3:8080 uid-1"));
}

TEST_F(DiffTest, OnlyThePortThatChangesIsSet) {
  commit_set("a", dual_stack());
  Service changed = dual_stack();
  changed.ports[1].port = 5300;
  EXPECT_THAT(ids(commit_set("a", changed).tables),
              ElementsAre("default/web:dns/IPv4", "default/web:dns/IPv6"));
  EXPECT_THAT(ids(commit_set("a", pod("uid-6", "2001:db8:1::3")).tables),
              ElementsAre("default/web:http/IPv6"));
}

TEST_F(DiffTest, AFamilyThatAServiceLosesGoes) {
  commit_set("a", dual_stack());
  Service v4_only = dual_stack();
  v4_only.addresses.erase(v4_only.addresses.begin());
  const TableChange change = commit_set("a", v4_only).tables;
  EXPECT_THAT(change.deleted_service_ports,
              ElementsAre("default/web:dns/IPv6", "default/web:http/IPv6"));
  EXPECT_THAT(change.set_service_ports, IsEmpty());
}

// 2,000 Services of 5 endpoints: what one change touches must not depend on how many there are.
TEST_F(DiffTest, TheWorkFollowsTheChange) {
  Pending everything;
  for (int i = 0; i < 2000; ++i) {
    Service service = web();
    service.name = "default/web-" + std::to_string(i);
    service.addresses = {{"10.100." + std::to_string(i / 250) + "." + std::to_string(i % 250 + 1)}};
    for (int j = 0; j < 5; ++j) {
      everything.set(
          pod("uid-" + std::to_string(j), "192.168.1." + std::to_string(j + 1), service.name));
    }
    everything.set(service);
  }
  const Plan first = commit("a", everything);
  EXPECT_EQ(first.tables.set_service_ports.size(), 2000u);
  EXPECT_EQ(first.work.objects_checked, 12000u);

  const Plan one = commit_set("a", pod("uid-9", "192.168.1.9", "default/web-77"));
  EXPECT_THAT(ids(one.tables), ElementsAre("default/web-77:http/IPv4"));
  EXPECT_EQ(one.work.objects_checked, 1u);
  EXPECT_EQ(one.work.services_expanded, 2u);    // before and after
  EXPECT_EQ(one.work.endpoints_expanded, 11u);  // 5 before, 6 after

  Pending erase;
  erase.erase_endpoint("default/web-1999", "uid-0");
  const Plan gone = commit("a", erase);
  EXPECT_EQ(gone.work.objects_checked, 0u);
  EXPECT_EQ(gone.work.services_expanded, 2u);
  EXPECT_EQ(gone.work.endpoints_expanded, 9u);

  const Plan route = commit_set("a", Route{"192.168.1.0/24", "", "down"});
  EXPECT_EQ(route.work.objects_checked, 1u);
  EXPECT_EQ(route.work.services_expanded, 0u);
}

}  // namespace
}  // namespace portico::store
