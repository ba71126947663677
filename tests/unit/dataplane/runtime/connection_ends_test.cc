// How the worker's walk through its connections shares its time with packets, when endpoints go one
// after the other, and how connections that are over do. Which connections end is told by the
// conversations.

#include "dataplane/runtime/connection_ends.h"

#include <gtest/gtest.h>

#include "tests/support/packet/frame.h"
#include "tests/support/packet/world.h"

namespace portico {
namespace {

using std::chrono::milliseconds;

constexpr std::uint16_t kServices = 3;

class SweepTest : public testing::Test {
 protected:
  // As many Services, each with an endpoint and a UDP connection of its own.
  SweepTest() {
    TableChange change;
    for (std::uint16_t i = 0; i < kServices; ++i) {
      ServicePort port;
      port.id = id(i);
      port.protocol = Protocol::kUdp;
      port.frontends = {
          {world_.address("vip"), L4Port::from_host(80 + i), FrontendKind::kClusterIp}};
      port.endpoints = {{world_.address("pod1"), L4Port::from_host(8080 + i), id(i), "", true}};
      change.set_service_ports.push_back(port);
    }
    EXPECT_TRUE(world_.gateway().apply(change).ok());
    for (std::uint16_t i = 0; i < kServices; ++i) {
      FrameSpec spec;
      spec.protocol = Protocol::kUdp;
      spec.source = world_.address("client");
      spec.source_port = 1;
      spec.destination = world_.address("vip");
      spec.destination_port = 80 + i;
      spec.source_mac = World::mac("client");
      spec.destination_mac = World::mac("uplink");
      world_.io().arrive({0}, build_frame(spec));
      EXPECT_EQ(world_.settle().size(), 1u);
    }
  }

  static World::Settings settings() {
    World::Settings settings;
    settings.config.capacity = {1024, 64, 8, 64, 16};  // a sweep visits 1,024 connections
    return settings;
  }
  static std::string id(std::uint16_t number) {
    return "default/service-" + std::to_string(number) + ":/ipv4";
  }
  void lose_endpoint_of(std::uint16_t number) {
    TableChange change;
    change.deleted_service_ports = {id(number)};
    EXPECT_TRUE(world_.gateway().apply(change).ok());
  }
  // The worker has a round every millisecond.
  void rounds(int count) {
    for (int i = 0; i < count; ++i) world_.gateway().worker({0}).poll(now_ += milliseconds(1));
  }
  std::uint64_t connections() { return world_.gateway().worker_counters()[0].connections_open; }

  World world_{Family::kIpv4, settings()};
  Instant now_ = Instant() + std::chrono::hours(1);
};

TEST_F(SweepTest, BeginsAtOnceAfterALongTime) {
  lose_endpoint_of(0);
  rounds(20);
  EXPECT_EQ(connections(), 2u);
  rounds(6000);
  lose_endpoint_of(1);
  rounds(20);
  EXPECT_EQ(connections(), 1u);
}

TEST_F(SweepTest, RestsWhileEndpointsGoOneAfterTheOther) {
  lose_endpoint_of(0);
  int length = 0;
  while (connections() == 3 && ++length < 100) rounds(1);
  rounds(20);  // to its end
  lose_endpoint_of(1);
  lose_endpoint_of(2);
  rounds(50 * length);
  EXPECT_EQ(connections(), 2u);
  // One walk for both; and however long the last one took, it comes.
  rounds(6000);
  EXPECT_EQ(connections(), 0u);
}

// What a sweep keeps goes on without being anybody's: of the two slots for endpoints, the new one
// has got the old one's, and does not count its packets.
TEST(SweepKeepsTest, AConnectionWhoseEndpointIsGoneIsNotTheNextOnes) {
  World::Settings settings;
  settings.config.capacity = {1024, 64, 2, 64, 16};
  World world(Family::kIpv4, settings);
  Instant now = Instant() + std::chrono::hours(1);
  ServicePort port;
  port.id = "default/service:/ipv4";
  port.protocol = Protocol::kTcp;
  port.frontends = {{world.address("vip"), L4Port::from_host(80), FrontendKind::kClusterIp}};
  const auto has_endpoint = [&](const std::string& id) {
    port.endpoints = {{world.address("pod1"), L4Port::from_host(8080), id, "", true}};
    TableChange change;
    change.set_service_ports = {port};
    EXPECT_TRUE(world.gateway().apply(change).ok());
  };
  const auto send = [&](std::uint8_t flags) {
    FrameSpec spec;
    spec.protocol = Protocol::kTcp;
    spec.tcp_flags = flags;
    spec.source = world.address("client");
    spec.source_port = 1;
    spec.destination = world.address("vip");
    spec.destination_port = 80;
    spec.source_mac = World::mac("client");
    spec.destination_mac = World::mac("uplink");
    world.io().arrive({0}, build_frame(spec));
    EXPECT_EQ(world.settle().size(), 1u);
  };
  has_endpoint("old");
  send(kTcpSyn);
  for (int i = 0; i < 3; ++i) send(kTcpAck);  // and knows its way
  has_endpoint("other");
  has_endpoint("new");
  for (int round = 0; round < 6000; ++round) {
    world.gateway().worker({0}).poll(now += milliseconds(1));
  }
  send(kTcpAck);
  EXPECT_EQ(world.gateway().worker_counters()[0].connections_open, 1u);
  EXPECT_EQ(world.gateway().endpoint_counters(port.id)[0].packets_to_endpoint, 0u);
}

// A Service with UDP connections that nobody answers, whose time is over after 30 s.
class ExpiryTest : public testing::Test {
 protected:
  static constexpr std::uint32_t kIdle = 2000;

  ExpiryTest() {
    ServicePort port;
    port.id = "default/service:/ipv4";
    port.protocol = Protocol::kUdp;
    port.frontends = {{world_.address("vip"), L4Port::from_host(80), FrontendKind::kClusterIp}};
    port.endpoints = {{world_.address("pod1"), L4Port::from_host(8080), "pod1", "", true}};
    TableChange change;
    change.set_service_ports = {port};
    EXPECT_TRUE(world_.gateway().apply(change).ok());
    send(1);  // asks for the next hop
    for (std::uint32_t n = 0; n < kIdle; ++n) send(static_cast<std::uint16_t>(1000 + n));
    EXPECT_EQ(counters().connections_open, kIdle + 1);
    now_ += std::chrono::seconds(29);
    send(1);
    now_ += std::chrono::seconds(2);
  }
  static World::Settings settings() {
    World::Settings settings;
    settings.config.capacity = {1u << 16, 64, 8, 64, 16};
    return settings;
  }

  void arrive(std::uint16_t port) {
    FrameSpec spec;
    spec.protocol = Protocol::kUdp;
    spec.source = world_.address("client");
    spec.source_port = port;
    spec.destination = world_.address("vip");
    spec.destination_port = 80;
    spec.source_mac = World::mac("client");
    spec.destination_mac = World::mac("uplink");
    world_.io().arrive({0}, build_frame(spec));
  }
  void send(std::uint16_t port) {
    arrive(port);
    poll();
  }
  void poll() { world_.gateway().worker({0}).poll(now_); }
  WorkerCounters counters() { return world_.gateway().worker_counters()[0]; }

  World world_{Family::kIpv4, settings()};
  Instant now_ = Instant() + std::chrono::hours(1);
};

TEST_F(ExpiryTest, EndsAllAtOnceWhenThereIsNothingElseToDo) {
  for (int round = 0; round < 20; ++round) poll();
  EXPECT_EQ(counters().connections_open, 1u);
}

// One may end for each 32 packets.
TEST_F(ExpiryTest, LeavesPacketsTheirTime) {
  constexpr std::uint64_t kRounds = 640;
  const std::uint64_t before = counters().connections_expired;
  for (std::uint64_t round = 0; round < kRounds; ++round) {
    for (std::size_t i = 0; i < kBurstSize; ++i) arrive(1);
    poll();
  }
  const std::uint64_t ended = counters().connections_expired - before;
  EXPECT_LE(ended, kRounds);
  EXPECT_GE(ended, kRounds * 9 / 10) << "and yet they end";
}

TEST_F(ExpiryTest, KeepsUpWithNewConnections) {
  std::uint16_t client = 20000;
  for (int round = 0; round < 100; ++round) {
    for (std::size_t i = 0; i < kBurstSize; ++i) arrive(++client);
    poll();
  }
  EXPECT_LE(counters().connections_open, 100 * kBurstSize + 1) << "the idle ones have gone";
}

}  // namespace
}  // namespace portico
