// What the control plane asks a gateway while packets flow: counters, connections by filter.

#include "dataplane/runtime/gateway.h"

#include <gtest/gtest.h>

#include <set>

#include "tests/support/packet/world.h"

namespace portico {
namespace {

class GatewayTest : public testing::Test {
 protected:
  static World::Settings settings() {
    World::Settings settings;
    settings.config.capacity = {1024, 64, 2, 64, 16};  // two endpoints
    settings.workers = 2;
    return settings;
  }
  ServicePort service(const std::string& name, const std::string& vip, const std::string& pod,
                      const std::string& identity = "uid") const {
    ServicePort port;
    port.service = "default/" + name;
    port.id = port.service + ":http/ipv4";
    port.protocol = Protocol::kUdp;
    port.frontends = {{world_.address(vip), L4Port::from_host(80), FrontendKind::kClusterIp}};
    port.endpoints = {{world_.address(pod), L4Port::from_host(8080), identity, "", true}};
    return port;
  }
  void set(const std::vector<ServicePort>& ports) {
    TableChange change;
    change.set_service_ports = ports;
    ASSERT_TRUE(world_.gateway().apply(change).ok());
  }
  FrameSpec data(const std::string& port, const std::string& from, std::uint16_t from_port,
                 const IpAddress& to, std::uint16_t to_port, std::uint16_t payload) const {
    FrameSpec spec;
    spec.protocol = Protocol::kUdp;
    spec.source = world_.address(from);
    spec.source_port = from_port;
    spec.destination = to;
    spec.destination_port = to_port;
    spec.payload = payload;
    spec.destination_mac = World::mac(port);
    spec.source_mac = World::mac(from);
    return spec;
  }
  // A datagram to a Service; returns it as it reached the endpoint.
  FrameSpec send(std::uint16_t client_port, const std::string& vip = "vip",
                 std::uint16_t payload = 72, const std::string& client = "client") {
    world_.io().arrive(
        {0}, build_frame(data("uplink", client, client_port, world_.address(vip), 80, payload)));
    const auto sent = world_.settle();
    EXPECT_EQ(sent.size(), 1u);
    return sent.empty() ? FrameSpec() : read_frame(sent[0].frame).spec;
  }
  void reply(const FrameSpec& to, const std::string& pod, std::uint16_t payload) {
    world_.io().arrive(
        {1}, build_frame(data("downlink", pod, 8080, to.source, to.source_port, payload)));
    EXPECT_EQ(world_.settle().size(), 1u);
  }
  // "client-port/service/state" of each connection that matches.
  std::multiset<std::string> connections(const ConnectionFilter& filter = {}) {
    std::multiset<std::string> found;
    EXPECT_TRUE(world_.gateway()
                    .visit_connections(filter,
                                       [&](const ConnectionInfo& info) {
                                         found.insert(std::to_string(info.client_port.host()) +
                                                      "/" + info.service_port_id);
                                         return true;
                                       })
                    .ok());
    return found;
  }
  EndpointCounters counters(const std::string& id) {
    const auto all = world_.gateway().endpoint_counters(id);
    EXPECT_EQ(all.size(), 1u);
    return all.empty() ? EndpointCounters() : all[0];
  }

  World world_{Family::kIpv4, settings()};
  const std::string web_ = "default/web:http/ipv4", dns_ = "default/dns:http/ipv4";
};

TEST_F(GatewayTest, CountsForEachEndpointFromTheIpHeaderOn) {
  set({service("web", "vip", "pod1")});
  const FrameSpec first = send(1, "vip", 72);  // 100 bytes with the headers of IPv4 and UDP
  send(1, "vip", 172);
  send(2, "vip", 72);
  reply(first, "pod1", 972);
  const EndpointCounters counted = counters(web_);
  EXPECT_EQ(counted.connections, 2u);
  EXPECT_EQ(counted.active_connections, 2u);
  EXPECT_EQ(counted.packets_to_endpoint, 3u);
  EXPECT_EQ(counted.bytes_to_endpoint, 400u);
  EXPECT_EQ(counted.packets_from_endpoint, 1u);
  EXPECT_EQ(counted.bytes_from_endpoint, 1000u);
  EXPECT_TRUE(world_.gateway().endpoint_counters("default/none:http/ipv4").empty());
}

// The slots are two; each new endpoint gets that of one that went, and begins at zero.
TEST_F(GatewayTest, AnEndpointInAnotherOnesSlotBeginsAtZero) {
  set({service("web", "vip", "pod1", "0")});
  for (int round = 1; round <= 6; ++round) {
    send(1);
    EXPECT_EQ(counters(web_).connections, 1u) << round;
    EXPECT_EQ(counters(web_).packets_to_endpoint, 1u) << round;
    set({service("web", "vip", "pod1", std::to_string(round))});
    EXPECT_EQ(counters(web_).connections, 0u) << round;
    // The old endpoint's connection is still in the table, and is not the new one's.
    EXPECT_EQ(counters(web_).active_connections, 0u) << round;
    EXPECT_EQ(counters(web_).packets_to_endpoint, 0u) << round;
  }
  world_.pass(std::chrono::seconds(35));
  EXPECT_EQ(counters(web_).active_connections, 0u);
  EXPECT_TRUE(connections().empty());
}

TEST_F(GatewayTest, CountersSurviveAChangeThatLeavesTheEndpoint) {
  set({service("web", "vip", "pod1")});
  send(1);
  ServicePort changed = service("web", "vip2", "pod1");
  changed.selection = Selection::kMaglev;
  set({changed});
  EXPECT_EQ(counters(web_).connections, 1u);
  EXPECT_EQ(counters(web_).packets_to_endpoint, 1u);
}

TEST_F(GatewayTest, ShowsAndDeletesConnectionsByFilter) {
  set({service("web", "vip", "pod1"), service("dns", "vip2", "pod3")});
  for (std::uint16_t port = 1; port <= 4; ++port) send(port, "vip");
  for (std::uint16_t port = 3; port <= 5; ++port) send(port, "vip2", 72, "client2");
  EXPECT_EQ(connections().size(), 7u);

  ConnectionFilter by_client;
  by_client.client = IpPrefix::of(world_.address("client2"), 32);
  by_client.client_port = L4Port::from_host(3);
  EXPECT_EQ(connections(by_client), (std::multiset<std::string>{"3/" + dns_}));
  ConnectionFilter by_service;
  by_service.service = "default/web";
  EXPECT_EQ(connections(by_service).size(), 4u);
  ConnectionFilter by_endpoint;
  by_endpoint.endpoint_address = IpPrefix::of(world_.address("pod3"), 24);
  EXPECT_EQ(connections(by_endpoint).size(), 3u);
  ConnectionFilter nothing;
  nothing.protocol = Protocol::kTcp;
  EXPECT_TRUE(connections(nothing).empty());
  nothing = {};
  nothing.family = Family::kIpv6;
  EXPECT_TRUE(connections(nothing).empty());

  EXPECT_EQ(*world_.gateway().delete_connections(nothing), 0u);
  EXPECT_EQ(*world_.gateway().delete_connections(by_client), 1u);
  EXPECT_EQ(*world_.gateway().delete_connections(by_client), 0u);
  EXPECT_EQ(*world_.gateway().delete_connections(by_service), 4u);
  EXPECT_EQ(connections(), (std::multiset<std::string>{"4/" + dns_, "5/" + dns_}));
  EXPECT_EQ(counters(web_).active_connections, 0u);
  EXPECT_EQ(counters(web_).connections, 4u);
  EXPECT_EQ(counters(dns_).active_connections, 2u);

  // What was deleted may come again.
  send(1, "vip");
  EXPECT_EQ(counters(web_).connections, 5u);
  std::uint64_t open = 0;
  for (const WorkerCounters& worker : world_.gateway().worker_counters()) {
    open += worker.connections_open;
  }
  EXPECT_EQ(open, 3u);
}

TEST_F(GatewayTest, CyclesOfAStageAreSampled) {
  set({service("web", "vip", "pod1")});
  for (const WorkerCycles& worker : world_.gateway().worker_cycles()) EXPECT_EQ(worker.packets, 0u);
  // Each is a burst of its own: the owner of the connection has the turn of its sample once.
  for (std::uint32_t i = 0; i < 2 * StageCycles::kPeriod; ++i) send(1);
  std::uint64_t packets = 0, cycles = 0;
  for (const WorkerCycles& worker : world_.gateway().worker_cycles()) {
    EXPECT_EQ(worker.packets, worker.bursts);
    packets += worker.packets;
    for (const WorkerCycles::Stage& stage : worker.stages) cycles += stage.cycles;
  }
  EXPECT_GE(packets, 2u);
  EXPECT_GT(cycles, 0u);
}

// As kube-proxy does it: each connection's endpoint is drawn anew, all being as likely. That one of
// two gets less than 65 or more than 135 of 200 has a probability below one in a million.
TEST_F(GatewayTest, EndpointsAreChosenEvenly) {
  ServicePort port = service("web", "vip", "pod1");
  port.endpoints.push_back(service("web", "vip", "pod3").endpoints[0]);
  set({port});
  for (std::uint16_t client_port = 1; client_port <= 200; ++client_port) send(client_port);
  const auto both = world_.gateway().endpoint_counters(web_);
  ASSERT_EQ(both.size(), 2u);
  EXPECT_EQ(both[0].connections + both[1].connections, 200u);
  EXPECT_GE(both[0].connections, 65u);
  EXPECT_LE(both[0].connections, 135u);
}

TEST_F(GatewayTest, AVisitEndsWhenItIsToldSo) {
  set({service("web", "vip", "pod1")});
  for (std::uint16_t port = 1; port <= 20; ++port) send(port);
  int visited = 0;
  ASSERT_TRUE(world_.gateway()
                  .visit_connections({}, [&](const ConnectionInfo&) { return ++visited < 3; })
                  .ok());
  EXPECT_EQ(visited, 3);
}

TEST_F(GatewayTest, AConnectionTellsWhatItIs) {
  set({service("web", "vip", "pod1")});
  const FrameSpec there = send(7);
  reply(there, "pod1", 10);
  world_.pass(std::chrono::seconds(20));
  int visited = 0;
  const auto check = [&](const ConnectionInfo& info) {
    ++visited;
    EXPECT_EQ(info.client_address, world_.address("client"));
    EXPECT_EQ(info.service_address, world_.address("vip"));
    EXPECT_EQ(info.service_port.host(), 80);
    EXPECT_EQ(info.source_address, there.source);
    EXPECT_EQ(info.source_port.host(), there.source_port);
    EXPECT_EQ(info.endpoint_address, world_.address("pod1"));
    EXPECT_EQ(info.endpoint_port.host(), 8080);
    EXPECT_EQ(info.state, "REPLIED");
    EXPECT_EQ(info.packets_to_endpoint, 1u);
    EXPECT_EQ(info.packets_from_endpoint, 1u);
    EXPECT_NEAR(std::chrono::duration<double>(info.idle).count(), 20, 1.1);
    EXPECT_NEAR(std::chrono::duration<double>(info.expires_in).count(), 10, 1.1);
    return true;
  };
  ASSERT_TRUE(world_.gateway().visit_connections({}, check).ok());
  EXPECT_EQ(visited, 1);
}

}  // namespace
}  // namespace portico
