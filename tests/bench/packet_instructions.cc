// Takes packets through a worker under valgrind's callgrind, which counts the instructions of
// Worker::poll() without those of the device; see instruction_counts, which starts it and reads
// what was counted.
//
//   packet_instructions CASE     prints how many packets were counted
//   packet_instructions          prints the cases

#include <valgrind/callgrind.h>

#include <cstdio>
#include <cstring>

#include "tests/bench/bench_gateway.h"
#include "tests/support/eal_environment.h"

namespace portico {
namespace {

// Large enough that what few packets do differently weighs nothing.
constexpr std::uint32_t kFlows = 4096;

// What the device does is not counted.
class UncountedIo : public ReplayIo {
 public:
  void receive(WorkerId worker, PortId port, Burst& burst) noexcept override {
    CALLGRIND_TOGGLE_COLLECT;
    ReplayIo::receive(worker, port, burst);
    CALLGRIND_TOGGLE_COLLECT;
  }
};

struct Case {
  const char* name;
  Family family;
  Protocol protocol;
  bool is_new;  // each packet makes a connection
};

constexpr Case kCases[] = {
    {"established-udp-ipv4", Family::kIpv4, Protocol::kUdp, false},
    {"established-tcp-ipv4", Family::kIpv4, Protocol::kTcp, false},
    {"established-udp-ipv6", Family::kIpv6, Protocol::kUdp, false},
    {"new-udp-ipv4", Family::kIpv4, Protocol::kUdp, true},
};

// Whether every packet was forwarded, and every connection was there or made as it should be.
bool count(const Case& one) {
  UncountedIo io;
  BenchGateway gateway(one.family, one.protocol, 4 * kFlows, io);
  gateway.establish(kFlows);
  if (one.is_new) gateway.end_connections();
  const WorkerCounters before = gateway.counters();
  CALLGRIND_START_INSTRUMENTATION;
  for (std::uint32_t burst = 0; burst < kFlows / kBurstSize; ++burst) {
    CALLGRIND_TOGGLE_COLLECT;
    gateway.poll();
    CALLGRIND_TOGGLE_COLLECT;
  }
  const WorkerCounters after = gateway.counters();
  std::printf("%llu\n", static_cast<unsigned long long>(after.sent - before.sent));
  return after.sent - before.sent == kFlows &&
         after.connections_made - before.connections_made == (one.is_new ? kFlows : 0);
}

}  // namespace
}  // namespace portico

int main(int argc, char** argv) {
  portico::start_eal();
  for (const portico::Case& one : portico::kCases) {
    if (argc < 2) std::puts(one.name);
    if (argc < 2 || std::strcmp(argv[1], one.name) != 0) continue;
    if (portico::count(one)) return 0;
    std::fprintf(stderr, "%s: not every packet went the way that is to be counted\n", one.name);
    return 1;
  }
  return argc < 2 ? 0 : 2;
}
