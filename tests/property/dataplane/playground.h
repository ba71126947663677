#pragma once

// A gateway with Services, random packets for it, and what became of them.

#include <gtest/gtest.h>

#include <optional>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "tests/support/packet/world.h"

namespace portico {

// What came of one frame.
struct Outcome {
  std::vector<MemoryIo::Sent> sent;
  std::vector<DropReason> drops;
  std::vector<DropReason> refusals;
};

class Playground {
 public:
  Playground(Family family, Protocol protocol, std::uint64_t seed, std::uint16_t workers = 1,
             std::uint32_t capacity = 8192, const ConnectionsConfig& connections = {})
      : random_(seed),
        protocol_(protocol),
        world_(family, settings(workers, capacity, connections)) {
    serve("vip", "pod1", SourceAddress::kMasquerade);
    serve("vip2", "pod3", SourceAddress::kPreserve);
    greet();
  }

  World& world() { return world_; }
  std::mt19937_64& random() { return random_; }
  unsigned below(unsigned limit) { return static_cast<unsigned>(random_() % limit); }

  // Packets with right addresses: from a host, towards the gateway, by this port.
  FrameSpec data(const std::string& port, const std::string& from, std::uint16_t from_port,
                 const IpAddress& to, std::uint16_t to_port) const {
    FrameSpec spec;
    spec.protocol = protocol_;
    spec.source = world_.address(from);
    spec.source_port = from_port;
    spec.destination = to;
    spec.destination_port = to_port;
    spec.source_mac = World::mac(world_.host_in_front_of(spec.source));
    spec.destination_mac = World::mac(port);
    spec.tcp_flags = 0x10;
    if (protocol_ == Protocol::kSctp) spec.sctp_chunks = chunks_of("DATA");
    return spec;
  }
  FrameSpec to_service(std::uint16_t client_port) const {
    FrameSpec spec = data("uplink", "client", client_port, world_.address("vip"), 80);
    spec.tcp_flags = 0x02;
    if (protocol_ == Protocol::kSctp) spec.sctp_chunks = chunks_of("INIT");
    return spec;
  }

  Outcome exchange(const std::string& port, const std::string& frame) {
    world_.io().arrive(world_.port(port), frame);
    return settle();
  }
  // What comes of all that has arrived. Every promise that holds for any frame is checked here.
  Outcome settle() {
    Outcome outcome{world_.settle(), {}, {}};
    for (const DropCount& count : world_.gateway().drops()) {
      std::uint64_t& known = drops_[static_cast<std::size_t>(count.reason)];
      for (; known < count.packets; ++known) outcome.drops.push_back(count.reason);
      std::uint64_t& refused = refusals_[static_cast<std::size_t>(count.reason)];
      for (; refused < count.refused; ++refused) outcome.refusals.push_back(count.reason);
    }
    std::uint64_t fragments = 0;
    for (const WorkerCounters& counters : world_.gateway().worker_counters()) {
      fragments += counters.fragments_waiting;
      EXPECT_TRUE(counters.balance());
    }
    std::size_t waiting = 0;
    for (const NeighborInfo& neighbor : world_.gateway().neighbors()) {
      waiting += neighbor.queued_packets;
    }
    EXPECT_EQ(world_.io().held(), waiting);
    EXPECT_EQ(world_.io().fragments_held(), fragments);
    return outcome;
  }

 private:
  static World::Settings settings(std::uint16_t workers, std::uint32_t capacity,
                                  const ConnectionsConfig& connections) {
    World::Settings settings;
    settings.config.capacity = {capacity, 64, 64, 64, 16};
    settings.config.connections = connections;
    settings.workers = workers;
    return settings;
  }
  void serve(const std::string& vip, const std::string& pod, SourceAddress source_address) {
    ServicePort port;
    port.id = vip;
    port.family = world_.family();
    port.protocol = protocol_;
    port.frontends = {{world_.address(vip), L4Port::from_host(80), FrontendKind::kClusterIp,
                       TrafficPolicy::kCluster, source_address}};
    port.endpoints = {{world_.address(pod), L4Port::from_host(8080), "", "", true}};
    TableChange change;
    change.set_service_ports = {port};
    ASSERT_TRUE(world_.gateway().apply(change).ok());
  }
  // All neighbors are known from now on.
  void greet() {
    for (const char* vip : {"vip", "vip2"}) {
      FrameSpec hello = data("uplink", "client", 9, world_.address(vip), 80);
      hello.tcp_flags = 0x02;
      if (protocol_ == Protocol::kSctp) hello.sctp_chunks = chunks_of("INIT");
      const Outcome there = exchange("uplink", build_frame(hello));
      ASSERT_EQ(there.sent.size(), 1u);
      const FrameSpec seen = read_frame(there.sent[0].frame).spec;
      exchange("downlink", build_frame(data("downlink", world_.name(seen.destination), 8080,
                                            seen.source, seen.source_port)));
    }
  }

  std::mt19937_64 random_;
  const Protocol protocol_;
  World world_;
  std::array<std::uint64_t, kDropReasonCount> drops_{}, refusals_{};
};

// Tests that run in each family and protocol.
class DataPlaneProperty : public testing::TestWithParam<std::pair<Family, Protocol>> {
 public:
  static auto all() {
    return testing::Values(
        std::pair(Family::kIpv4, Protocol::kTcp), std::pair(Family::kIpv4, Protocol::kUdp),
        std::pair(Family::kIpv4, Protocol::kSctp), std::pair(Family::kIpv6, Protocol::kTcp),
        std::pair(Family::kIpv6, Protocol::kUdp), std::pair(Family::kIpv6, Protocol::kSctp));
  }
  static std::string name(const testing::TestParamInfo<ParamType>& info) {
    return std::string(info.param.first == Family::kIpv4 ? "ipv4_" : "ipv6_") +
           absl::AsciiStrToLower(to_string(info.param.second));
  }

 protected:
  bool v4() const { return GetParam().first == Family::kIpv4; }
  bool udp() const { return GetParam().second == Protocol::kUdp; }
};

}  // namespace portico
