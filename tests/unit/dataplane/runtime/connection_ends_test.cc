// How the worker's walk through its connections shares its time with packets, when endpoints go one
// after the other. Which connections end is told by the conversations endpoint_gone_*.conv.

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

}  // namespace
}  // namespace portico
