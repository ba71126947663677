// How long a packet stays in a worker that is half as busy as it can be: 64-byte UDP of 64 thousand
// flows with DNAT and SNAT arrives as a Poisson process at half the rate that the worker is first
// seen to forward. A packet's delay is from the moment of its arrival, whether or not the worker
// looks by then, until the worker gives it to the device: it waits in the queue, for its burst and
// with it. What a NIC and a wire add is not in it, nor is any copy but the one that stands for DMA.
//
//   latency_bench [SECONDS]      default: 5; takes 512 MB of hugepages
//
// Prints JSON: nanoseconds at the median, 99 % and 99.9 %, and at most, of all packets and of those
// in slices of 5 ms in which the thread did not lose its core for more than 20 us.

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "tests/bench/bench_gateway.h"
#include "tests/bench/core_time.h"
#include "tests/bench/paced_io.h"
#include "tests/support/eal_environment.h"

namespace portico {
namespace {

constexpr std::uint32_t kFlows = 1u << 16;
constexpr double kSlice = 0.005, kMostLost = 20e-6;  // seconds

class Latency {
 public:
  Latency() { gateway_.establish(kFlows); }

  // Cycles a packet at its maximum rate: the median of slices.
  double busiest() {
    std::vector<double> cycles;
    for (int i = 0; i < 200; ++i) {
      const std::uint64_t sent = gateway_.counters().sent;
      const double core = core_seconds();
      for (int round = 0; round < 2000; ++round) gateway_.poll();
      cycles.push_back(static_cast<double>(cycles_of(core_seconds() - core)) /
                       static_cast<double>(gateway_.counters().sent - sent));
    }
    std::nth_element(cycles.begin(), cycles.begin() + 100, cycles.end());
    return cycles[100];
  }

  void run(double seconds, double gap) {
    for (double passed = 0; passed < seconds; passed += kSlice) {
      io_.clear();
      io_.pace(gap);
      const double core = core_seconds();
      const std::uint64_t begin = rte_rdtsc(), length = cycles_of(kSlice);
      while (rte_rdtsc() - begin < length) gateway_.poll();
      const double lost = seconds_of(rte_rdtsc() - begin) - (core_seconds() - core);
      gateway_.pass(std::chrono::milliseconds(5));
      ++slices_;
      all_.insert(all_.end(), io_.delays().begin(), io_.delays().end());
      if (lost > kMostLost) continue;
      ++undisturbed_slices_;
      undisturbed_.insert(undisturbed_.end(), io_.delays().begin(), io_.delays().end());
    }
    io_.pace(0);
  }

  void print(double cycles) {
    const double hz = static_cast<double>(rte_get_tsc_hz());
    std::printf("{\"maximum_mpps\": %.3f, \"offered_mpps\": %.3f, \"lost\": %llu, ",
                hz / cycles / 1e6, hz / cycles / 2e6, static_cast<unsigned long long>(io_.lost()));
    std::printf("\"undisturbed_slices\": %.4f, ",
                static_cast<double>(undisturbed_slices_) / static_cast<double>(slices_));
    print("all", all_);
    std::printf(", ");
    print("undisturbed", undisturbed_);
    std::printf("}\n");
  }

 private:
  static void print(const char* name, std::vector<std::uint32_t>& delays) {
    std::sort(delays.begin(), delays.end());
    const auto at = [&](double part) {
      if (delays.empty()) return 0.0;
      const auto index = static_cast<std::size_t>(part * static_cast<double>(delays.size() - 1));
      return seconds_of(delays[index]) * 1e9;
    };
    std::printf(
        "\"%s\": {\"packets\": %zu, \"median_ns\": %.0f, \"p99_ns\": %.0f, "
        "\"p999_ns\": %.0f, \"most_ns\": %.0f}",
        name, delays.size(), at(0.5), at(0.99), at(0.999), at(1));
  }

  PacedIo io_;
  BenchGateway gateway_{Family::kIpv4, Protocol::kUdp, 1u << 17, io_};
  std::size_t slices_ = 0, undisturbed_slices_ = 0;
  std::vector<std::uint32_t> all_, undisturbed_;
};

void run(double seconds) {
  Latency latency;
  const double cycles = latency.busiest();
  latency.run(0.2, 2 * cycles);
  latency.run(seconds, 2 * cycles);
  latency.print(cycles);
}

}  // namespace
}  // namespace portico

int main(int argc, char** argv) {
  portico::start_eal({512, true});
  portico::run(argc > 1 ? std::atof(argv[1]) : 5);
}
