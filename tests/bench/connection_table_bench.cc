// ConnectionTable beside the same interface over rte_hash: look-ups of connections that are there,
// in shuffled order and both directions, and insertions into an empty table. And how long it takes
// until connections that end at once are gone.
//
//   connection_table_bench [--hugepages] [Google Benchmark's options]

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <random>
#include <vector>

#include "benchmark/benchmark.h"
#include "dataplane/state/connection_table.h"
#include "tests/support/eal_environment.h"
#include "tests/support/rte_hash_connection_table.h"

namespace portico {
namespace {

template <typename Address>
Address address_of(std::uint32_t host) {
  std::array<std::uint8_t, Address::kSize> bytes{};
  Ipv4Address{Be32::from_host(host)}.copy_to(bytes.data() + Address::kSize - 4);
  return Address::from_bytes(bytes.data());
}

// Clients and the gateway's ports count up, as they do; one Service with three endpoints.
template <typename Address>
Connection<Address> nth(std::uint32_t n) {
  Connection<Address> record;
  record.client = address_of<Address>(0x0a140000 + n / 60000);
  record.client_port = L4Port::from_host(static_cast<std::uint16_t>(1024 + n % 60000));
  record.service = address_of<Address>(0x0a64033b);
  record.service_port = L4Port::from_host(80);
  record.source = address_of<Address>(0x0a0c1601 + n / 60000);
  record.source_port = L4Port::from_host(static_cast<std::uint16_t>(1024 + n % 60000));
  record.endpoint = address_of<Address>(0xc0a80103 + n % 3);
  record.endpoint_port = L4Port::from_host(8080);
  record.state = ConnectionState::kEstablished;
  return record;
}

std::vector<std::uint32_t> shuffled(std::uint32_t count) {
  std::vector<std::uint32_t> numbers(count);
  for (std::uint32_t i = 0; i < count; ++i) numbers[i] = i;
  std::shuffle(numbers.begin(), numbers.end(), std::mt19937(1));
  return numbers;
}

template <typename Table>
std::unique_ptr<Table> make_table(std::uint32_t capacity) {
  return std::make_unique<Table>(capacity, timeout_ticks(TimeoutConfig{}), -1);
}

template <typename Address>
std::vector<Tuple<Address>> shuffled_tuples(std::uint32_t count) {
  std::vector<Tuple<Address>> tuples;
  std::mt19937 random(2);
  for (const std::uint32_t n : shuffled(count)) {
    const Connection<Address> record = nth<Address>(n);
    tuples.push_back(random() % 2 == 0 ? record.original_tuple() : record.reply_tuple());
  }
  return tuples;
}

// `touched`: the record is written too, as the stages do with what they find.
template <typename Table, typename Address>
void find(benchmark::State& state, bool touched) {
  const auto count = static_cast<std::uint32_t>(state.range(0));
  const auto table = make_table<Table>(count);
  for (const std::uint32_t n : shuffled(count)) table->insert(nth<Address>(n));
  const std::vector<Tuple<Address>> tuples = shuffled_tuples<Address>(count);
  std::array<ConnectionRef, kBurstSize> found;
  std::size_t at = 0;
  std::uint32_t now = 0;
  for (auto _ : state) {
    table->find(&tuples[at], kBurstSize, found.data());
    benchmark::DoNotOptimize(found);
    if (touched) {
      for (const ConnectionRef ref : found) {
        table->touch((*table)[ref], ConnectionState::kEstablished, ++now);
      }
    }
    at += kBurstSize;
    if (at + kBurstSize > tuples.size()) at = 0;
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kBurstSize));
}

template <typename Table, typename Address>
void find_only(benchmark::State& state) {
  find<Table, Address>(state, false);
}
template <typename Table, typename Address>
void find_and_touch(benchmark::State& state) {
  find<Table, Address>(state, true);
}

template <typename Table, typename Address>
void insert(benchmark::State& state) {
  const auto count = static_cast<std::uint32_t>(state.range(0));
  const auto table = make_table<Table>(count);
  std::vector<Connection<Address>> records;
  for (const std::uint32_t n : shuffled(count)) records.push_back(nth<Address>(n));
  for (auto _ : state) {
    for (const Connection<Address>& record : records) {
      benchmark::DoNotOptimize(table->insert(record));
    }
    state.PauseTiming();
    table->walk(0, count, [&](ConnectionRef ref, const auto&) { table->erase(ref); });
    state.ResumeTiming();
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(count));
}

// All connections end at once, as many a call as a worker ends in a round at most.
template <typename Table, typename Address>
void expire(benchmark::State& state) {
  constexpr std::size_t kMostExpired = 256;
  const auto count = static_cast<std::uint32_t>(state.range(0));
  const TimeoutTicks timeouts = timeout_ticks(TimeoutConfig{});
  const auto table = make_table<Table>(count);
  std::uint32_t now = 0;
  for (auto _ : state) {
    state.PauseTiming();
    for (const std::uint32_t n : shuffled(count)) {
      Connection<Address> record = nth<Address>(n);
      record.last_seen = now;
      table->insert(record);
    }
    // The wheel turns slot by slot, as the worker turns it: what is left is the end of them all.
    const std::uint32_t end =
        now + timeouts[static_cast<std::size_t>(ConnectionState::kEstablished)];
    for (; now < end; now += 64) table->expire(now, kMostExpired, [](const auto&) {});
    now = end + 256;
    state.ResumeTiming();
    std::size_t ended = 0;
    while (ended < count) ended += table->expire(now, kMostExpired, [](const auto&) {});
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(count));
}

using OursV4 = ConnectionTable<Ipv4Address>;
using OursV6 = ConnectionTable<Ipv6Address>;
using RteHashV4 = RteHashConnectionTable<Ipv4Address>;
using RteHashV6 = RteHashConnectionTable<Ipv6Address>;

void sizes(benchmark::internal::Benchmark* bench) {
  for (const int size : {1 << 10, 1 << 16, 1 << 20, 1 << 22}) bench->Arg(size);
}

BENCHMARK(find_only<OursV4, Ipv4Address>)->Apply(sizes);
BENCHMARK(find_only<RteHashV4, Ipv4Address>)->Apply(sizes);
BENCHMARK(find_and_touch<OursV4, Ipv4Address>)->Apply(sizes);
BENCHMARK(find_and_touch<RteHashV4, Ipv4Address>)->Apply(sizes);
BENCHMARK(find_and_touch<OursV6, Ipv6Address>)->Arg(1 << 10)->Arg(1 << 20);
BENCHMARK(find_and_touch<RteHashV6, Ipv6Address>)->Arg(1 << 10)->Arg(1 << 20);
BENCHMARK(expire<OursV4, Ipv4Address>)->Arg(1 << 20);
BENCHMARK(insert<OursV4, Ipv4Address>)->Apply(sizes);
BENCHMARK(insert<RteHashV4, Ipv4Address>)->Apply(sizes);

}  // namespace
}  // namespace portico

int main(int argc, char** argv) {
  portico::EalMemory memory{.megabytes = 2048, .hugepages = false};
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--hugepages") != 0) continue;
    memory.hugepages = true;
    std::rotate(argv + i, argv + i + 1, argv + argc);
    --argc;
  }
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  portico::start_eal(memory);
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
