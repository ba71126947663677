// What a packet costs in the pipeline: 64-byte UDP to one Service with three endpoints, flows in
// shuffled order, DNAT with SNAT, one worker; in TSC cycles a packet, from receive to send, with
// devices that cost nothing. `io` is the part that only moves bursts in and out; `new` makes a
// connection with every packet.
//
//   pipeline_bench [--benchmark_repetitions=5 --benchmark_report_aggregates_only=true]

#include <algorithm>
#include <random>

#include <rte_cycles.h>

#include "benchmark/benchmark.h"
#include "dataplane/runtime/gateway.h"
#include "tests/bench/replay_io.h"
#include "tests/support/eal_environment.h"
#include "tests/support/packet/frame.h"

namespace portico {
namespace {

constexpr MacAddress kPortMac{{2, 0, 0, 0, 0, 1}};
constexpr MacAddress kHostMac{{2, 0, 0, 0, 0, 2}};

IpAddress address(Family family, const char* v4, const char* v6) {
  return *IpAddress::parse(family == Family::kIpv4 ? v4 : v6);
}

// The n-th client's address and port, 60,000 ports an address.
IpAddress client(Family family, std::uint32_t n) {
  std::string text = family == Family::kIpv4 ? "10.20." : "2001:db8:20::";
  const std::uint32_t host = 10 + n / 60000;
  text += family == Family::kIpv4
              ? std::to_string(host / 250) + "." + std::to_string(host % 250 + 1)
              : std::to_string(host);
  return *IpAddress::parse(text);
}

std::string frame(Family family, std::uint32_t n) {
  FrameSpec spec;
  spec.protocol = Protocol::kUdp;
  spec.source_mac = kHostMac;
  spec.destination_mac = kPortMac;
  spec.source = client(family, n);
  spec.source_port = static_cast<std::uint16_t>(1024 + n % 60000);
  spec.destination = address(family, "10.100.3.59", "2001:db8:100::59");
  spec.destination_port = 80;
  std::string bytes = build_frame(spec);
  if (bytes.size() < 60) bytes.resize(60);
  return bytes;
}

// A one-armed gateway, whose next hop is known.
class Bench {
 public:
  Bench(Family family, std::uint32_t connections) : family_(family) {
    GatewayConfig config;
    PortConfig port;
    port.name = "port0";
    port.uplink = port.downlink = true;
    port.addresses = {
        {address(family, "10.12.22.1", "2001:db8:12::1"), family == Family::kIpv4 ? 24u : 64u}};
    config.ports = {port};
    config.capacity.connections = connections;
    config.capacity.endpoints = 64;
    config.capacity.frontends = 64;
    config.capacity.neighbors = 16;
    config.capacity.routes = 64;
    // Enough source addresses for all flows towards three endpoints.
    for (std::uint32_t i = 0; i < 32; ++i) {
      config.snat.addresses.push_back(address(family, ("10.12.23." + std::to_string(i + 1)).c_str(),
                                              ("2001:db8:13::" + std::to_string(i + 1)).c_str()));
    }
    Gateway::Options options;
    options.seed = 1;
    gateway_ = *Gateway::create(config, {make_port({0}, port, kPortMac)}, io_, options);
    add_routes();
    add_service();
    resolve_next_hop();
  }

  // The steady state: each flow has its connection, its packets come in shuffled order.
  void establish(std::uint32_t flows) {
    std::vector<std::string> frames;
    for (std::uint32_t n = 0; n < flows; ++n) frames.push_back(frame(family_, n));
    std::shuffle(frames.begin(), frames.end(), std::mt19937(1));
    io_.replay(std::move(frames));
    for (std::uint32_t n = 0; n < flows; n += kBurstSize) poll();
  }

  void poll() { gateway_->worker({0}).poll(now_); }
  void end_connections() { static_cast<void>(gateway_->delete_connections({})); }
  WorkerCounters counters() { return gateway_->worker_counters()[0]; }
  ReplayIo& io() { return io_; }

 private:
  void add_routes() {
    TableChange change;
    const IpAddress node = address(family_, "10.12.22.151", "2001:db8:12::151");
    change.set_routes = {
        {*IpPrefix::parse(family_ == Family::kIpv4 ? "192.168.0.0/16" : "2001:db8:1::/64"), node,
         std::nullopt}};
    if (!gateway_->apply(change).ok()) std::abort();
  }

  // The first packet asks for the next hop, which answers.
  void resolve_next_hop() {
    io_.replay({frame(family_, 0)});
    poll();
    gateway_->slow_path().poll(now_);
    FrameSpec answer;
    answer.kind = FrameKind::kAnswer;
    answer.source = address(family_, "10.12.22.151", "2001:db8:12::151");
    answer.destination = address(family_, "10.12.22.1", "2001:db8:12::1");
    answer.source_mac = kHostMac;
    answer.destination_mac = kPortMac;
    io_.replay({build_frame(answer)});
    poll();
    gateway_->slow_path().poll(now_);
    end_connections();
  }

  void add_service() {
    ServicePort service;
    service.id = "default/web:/" + std::string(family_ == Family::kIpv4 ? "IPv4" : "IPv6");
    service.family = family_;
    service.protocol = Protocol::kUdp;
    service.frontends = {{address(family_, "10.100.3.59", "2001:db8:100::59"),
                          L4Port::from_host(80), FrontendKind::kClusterIp}};
    for (const char* host : {"3", "4", "5"}) {
      Endpoint endpoint;
      endpoint.address = address(family_, ("192.168.1." + std::string(host)).c_str(),
                                 ("2001:db8:1::" + std::string(host)).c_str());
      endpoint.port = L4Port::from_host(8080);
      service.endpoints.push_back(endpoint);
    }
    TableChange change;
    change.set_service_ports = {service};
    if (!gateway_->apply(change).ok()) std::abort();
  }

  const Family family_;
  ReplayIo io_;
  std::unique_ptr<Gateway> gateway_;
  Instant now_ = Instant() + std::chrono::hours(1);
};

Family family_of(const benchmark::State& state) {
  return state.range(0) == 4 ? Family::kIpv4 : Family::kIpv6;
}

void report(benchmark::State& state, std::uint64_t cycles) {
  const auto packets = static_cast<double>(state.iterations()) * kBurstSize;
  state.counters["cycles/packet"] = static_cast<double>(cycles) / packets;
  state.SetItemsProcessed(static_cast<std::int64_t>(packets));
}

void established(benchmark::State& state) {
  Bench bench(family_of(state), 1u << 20);
  bench.establish(static_cast<std::uint32_t>(state.range(1)));
  const WorkerCounters before = bench.counters();
  const std::uint64_t begin = rte_rdtsc_precise();
  for (auto _ : state) bench.poll();
  const std::uint64_t cycles = rte_rdtsc_precise() - begin;
  const WorkerCounters after = bench.counters();
  if (after.sent - before.sent != static_cast<std::uint64_t>(state.iterations()) * kBurstSize) {
    state.SkipWithError("not every packet was forwarded");
  }
  report(state, cycles);
}

void created(benchmark::State& state) {
  constexpr std::uint32_t kFlows = 1u << 18;
  Bench bench(family_of(state), 1u << 20);
  bench.establish(kFlows);
  std::uint64_t cycles = 0;
  std::uint32_t left = 0;
  for (auto _ : state) {
    if (left == 0) {
      state.PauseTiming();
      bench.end_connections();
      left = kFlows / kBurstSize;
      state.ResumeTiming();
    }
    const std::uint64_t begin = rte_rdtsc_precise();
    bench.poll();
    cycles += rte_rdtsc_precise() - begin;
    --left;
  }
  if (bench.counters().dropped > 0) state.SkipWithError("not every connection was made");
  report(state, cycles);
}

void io_alone(benchmark::State& state) {
  ReplayIo io;
  std::vector<std::string> frames;
  for (std::uint32_t n = 0; n < state.range(1); ++n) frames.push_back(frame(family_of(state), n));
  std::shuffle(frames.begin(), frames.end(), std::mt19937(1));
  io.replay(std::move(frames));
  static Burst burst;
  const std::uint64_t begin = rte_rdtsc_precise();
  for (auto _ : state) {
    io.receive({0}, {0}, burst);
    benchmark::DoNotOptimize(burst.packets.data());
    benchmark::ClobberMemory();
  }
  report(state, rte_rdtsc_precise() - begin);
}

void flows(benchmark::internal::Benchmark* bench) {
  for (const int family : {4, 6}) {
    for (const int count : {1, 1 << 10, 1 << 16, 1 << 19}) bench->Args({family, count});
  }
}

BENCHMARK(io_alone)->Apply(flows)->ArgNames({"IPv", "flows"});
BENCHMARK(established)->Apply(flows)->ArgNames({"IPv", "flows"});
BENCHMARK(created)->Args({4, 0})->Args({6, 0})->ArgNames({"IPv", "new"});

}  // namespace
}  // namespace portico

int main(int argc, char** argv) {
  portico::start_eal();
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
