// What a packet costs in the pipeline: 64-byte UDP to one Service with three endpoints, flows in
// shuffled order, DNAT with SNAT, one worker; in TSC cycles a packet, from receive to send, with
// devices that cost nothing. `io` is the part that only moves bursts in and out; `new` makes a
// connection with every packet; `renewed` does so with as many ending meanwhile, their time over.
//
//   pipeline_bench [--benchmark_repetitions=5 --benchmark_report_aggregates_only=true]

#include <rte_cycles.h>

#include "benchmark/benchmark.h"
#include "tests/bench/bench_gateway.h"
#include "tests/support/eal_environment.h"

namespace portico {
namespace {

Family family_of(const benchmark::State& state) {
  return state.range(0) == 4 ? Family::kIpv4 : Family::kIpv6;
}

void report(benchmark::State& state, std::uint64_t cycles) {
  const auto packets = static_cast<double>(state.iterations()) * kBurstSize;
  state.counters["cycles/packet"] = static_cast<double>(cycles) / packets;
  state.SetItemsProcessed(static_cast<std::int64_t>(packets));
}

void established(benchmark::State& state) {
  ReplayIo io;
  BenchGateway bench(family_of(state), Protocol::kUdp, 1u << 20, io);
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
  ReplayIo io;
  BenchGateway bench(family_of(state), Protocol::kUdp, 1u << 20, io);
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

// The flows come around in 43 ms of the gateway's time, as at three million a second.
void renewed(benchmark::State& state) {
  constexpr std::uint32_t kFlows = 1u << 17;
  constexpr Duration kBetween = std::chrono::nanoseconds(10500);
  ReplayIo io;
  TimeoutConfig timeouts;
  timeouts.udp_unreplied = std::chrono::milliseconds(20);
  BenchGateway bench(family_of(state), Protocol::kUdp, kFlows * 5 / 4, io, timeouts);
  bench.establish(kFlows);
  bench.pass(std::chrono::seconds(1));
  for (std::uint32_t i = 0; i < kFlows / kBurstSize; ++i, bench.pass(kBetween)) bench.poll();
  const std::uint64_t made = bench.counters().connections_made;
  const std::uint64_t begin = rte_rdtsc_precise();
  for (auto _ : state) {
    bench.pass(kBetween);
    bench.poll();
  }
  const std::uint64_t cycles = rte_rdtsc_precise() - begin;
  if (bench.counters().connections_made - made !=
      static_cast<std::uint64_t>(state.iterations()) * kBurstSize) {
    state.SkipWithError("not every packet made a connection");
  }
  report(state, cycles);
}

void io_alone(benchmark::State& state) {
  ReplayIo io;
  io.replay(
      bench_frames(family_of(state), Protocol::kUdp, static_cast<std::uint32_t>(state.range(1))));
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
BENCHMARK(renewed)->Args({4, 0})->Args({6, 0})->ArgNames({"IPv", "new"});

}  // namespace
}  // namespace portico

int main(int argc, char** argv) {
  portico::start_eal();
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
