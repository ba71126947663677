// Any frames into a whole gateway with two workers and Services of both families. No frame is lost
// or sent twice, the books balance, and what leaves has a right IPv4 header.
//
// An input is a list of records: a byte of options (bit 0: by the downlink; bit 1: to the second
// worker; bit 2: after the frames before it have been treated, not in one burst with them), two
// bytes of length, the frame. The length of the last may run over the end.

#include <algorithm>
#include <cstdint>
#include <string>

#include "tests/fuzz/require.h"
#include "tests/support/eal_environment.h"
#include "tests/support/packet/world.h"

namespace portico {
namespace {

World::Settings settings() {
  World::Settings settings;
  settings.config.capacity = {32, 64, 64, 64, 8};
  settings.workers = 2;
  return settings;
}

ServicePort service(const World& world, Family family, Protocol protocol, SourceAddress source) {
  const bool v4 = family == Family::kIpv4, masquerade = source == SourceAddress::kMasquerade;
  const std::string vip = v4           ? masquerade ? "10.100.3.59" : "10.100.3.60"
                          : masquerade ? "2001:db8:100::59"
                                       : "2001:db8:100::60";
  ServicePort port;
  port.id = vip + (protocol == Protocol::kTcp ? "/tcp" : "/udp");
  port.family = family;
  port.protocol = protocol;
  port.frontends = {{world.address(vip), L4Port::from_host(80), FrontendKind::kClusterIp,
                     TrafficPolicy::kCluster, source}};
  const std::string pod = v4 ? "192.168.1.3" : "2001:db8:1::3";
  port.endpoints = {{world.address(pod), L4Port::from_host(8080), "", "", true}};
  return port;
}

World& world() {
  static World* const world = [] {
    start_eal();
    auto* made = new World(Family::kIpv4, settings());
    TableChange change;
    for (const Family family : {Family::kIpv4, Family::kIpv6}) {
      for (const Protocol protocol : {Protocol::kTcp, Protocol::kUdp}) {
        for (const auto source : {SourceAddress::kMasquerade, SourceAddress::kPreserve}) {
          change.set_service_ports.push_back(service(*made, family, protocol, source));
        }
      }
    }
    PORTICO_FUZZ_REQUIRE(made->gateway().apply(change).ok());
    return made;
  }();
  return *world;
}

void check_sent(const std::string& frame) {
  PORTICO_FUZZ_REQUIRE(frame.size() >= 14 + 20);
  if (frame[12] != 0x08 || frame[13] != 0x00) return;
  const std::size_t header = (static_cast<std::uint8_t>(frame[14]) & 15u) * 4u;
  PORTICO_FUZZ_REQUIRE(header >= 20 && 14 + header <= frame.size());
  PORTICO_FUZZ_REQUIRE(plain_checksum(frame.substr(14, header)) == 0);
}

void treat() {
  for (const MemoryIo::Sent& sent : world().settle()) check_sent(sent.frame);
  std::uint64_t fragments = 0;
  for (const WorkerCounters& counters : world().gateway().worker_counters()) {
    fragments += counters.fragments_waiting;
    PORTICO_FUZZ_REQUIRE(counters.balance());
  }
  std::size_t waiting = 0;
  for (const NeighborInfo& neighbor : world().gateway().neighbors()) {
    waiting += neighbor.queued_packets;
  }
  PORTICO_FUZZ_REQUIRE(world().io().held() == waiting);
  PORTICO_FUZZ_REQUIRE(world().io().fragments_held() == fragments);
}

}  // namespace
}  // namespace portico

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace portico;
  World& gateway = world();
  std::string input(reinterpret_cast<const char*>(data), std::min<std::size_t>(size, 4096));
  while (input.size() > 3) {
    const auto options = static_cast<unsigned char>(input[0]);
    const std::size_t length =
        static_cast<unsigned char>(input[1]) * 256u + static_cast<unsigned char>(input[2]);
    std::string frame = input.substr(3, length);
    input.erase(0, 3 + frame.size());
    if ((options & 4) != 0) treat();
    const PortId port{static_cast<std::uint16_t>(options & 1)};
    const WorkerId worker{static_cast<std::uint16_t>(options >> 1 & 1)};
    gateway.io().arrive(port, std::move(frame), worker);
  }
  treat();
  // An input does not depend on the ones before it, but for the neighbors that they have made
  // known.
  PORTICO_FUZZ_REQUIRE(gateway.gateway().delete_connections({}).ok());
  return 0;
}
