// How fast packets go on while a million connections end: 64 thousand flows are forwarded as fast
// as one worker can, and in every 10 ms their number is noted, by the time that the thread had its
// core. In each episode first nothing else happens, then the time of a million other connections,
// one-way UDP that nobody has answered, is over at once.
//
//   expiry_bench [EPISODES]      default: 5; takes 1 GB of hugepages
//
// Prints JSON: of each episode the million packets a second in every slice of both parts, and the
// least share of its core that the thread had in one; and how long it took until the million had
// ended.

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "tests/bench/bench_gateway.h"
#include "tests/bench/core_time.h"
#include "tests/support/eal_environment.h"

namespace portico {
namespace {

constexpr std::uint32_t kFlows = 1u << 16;
constexpr std::uint32_t kIdle = 1'000'000;
constexpr double kSlice = 0.010;  // seconds
constexpr std::size_t kQuietSlices = 200;
constexpr std::size_t kMostSlices = 2000;
constexpr Duration kTimeout = std::chrono::seconds(30);     // of one-way UDP
constexpr Duration kLook = std::chrono::milliseconds(250);  // the longest that such an end waits

// Keeps what the endpoints answer to what they get, if it is asked to.
class AnsweredIo : public ReplayIo {
 public:
  // What they have answered since this was last called; from now on it is kept, or not.
  std::vector<std::string> answers(bool keep) {
    keep_ = keep;
    return std::exchange(answers_, {});
  }
  std::size_t send(WorkerId, PortId, Packet* const* packets, std::size_t count) noexcept override {
    for (std::size_t i = 0; keep_ && i < count; ++i) answers_.push_back(answer_to(*packets[i]));
    return count;
  }

 private:
  // The two ends trade places, which leaves the checksums as they are.
  static std::string answer_to(const Packet& packet) {
    std::string frame(reinterpret_cast<const char*>(packet.data), packet.length);
    const auto swap = [&](std::ptrdiff_t at, std::ptrdiff_t size) {
      std::swap_ranges(frame.begin() + at, frame.begin() + at + size, frame.begin() + at + size);
    };
    swap(0, 6);   // MAC addresses
    swap(26, 4);  // addresses
    swap(34, 2);  // ports
    return frame;
  }

  bool keep_ = false;
  std::vector<std::string> answers_;
};

struct Episode {
  std::vector<double> quiet, ending;
  double share = 1;
};

class Expiry {
 public:
  Expiry()
      : everybody_(bench_frames(Family::kIpv4, Protocol::kUdp, kFlows + kIdle)),
        some_(bench_frames(Family::kIpv4, Protocol::kUdp, kFlows)) {}

  Episode episode() {
    gateway_.end_connections();
    Episode seen;
    make_streams();
    all_once(everybody_);
    gateway_.pass(kTimeout / 2);
    all_once(some_);
    for (std::size_t i = 0; i < kQuietSlices; ++i) seen.quiet.push_back(slice(seen));
    gateway_.pass(kTimeout / 2 - since_idle_ + kLook);
    while (open() > kFlows && seen.ending.size() < kMostSlices) seen.ending.push_back(slice(seen));
    if (open() != kFlows || gateway_.counters().dropped > 0) {
      std::fprintf(stderr, "%llu connections are open, not %u; %llu packets were dropped\n",
                   static_cast<unsigned long long>(open()), kFlows,
                   static_cast<unsigned long long>(gateway_.counters().dropped));
      std::exit(EXIT_FAILURE);
    }
    since_idle_ = {};
    return seen;
  }

 private:
  // UDP goes on for longer once it was answered, and went on two seconds after its beginning.
  void make_streams() {
    static_cast<void>(io_.answers(true));
    all_once(some_);
    all_once(io_.answers(false));
    gateway_.pass(std::chrono::seconds(3));
    all_once(some_);
  }
  std::uint64_t open() { return gateway_.counters().connections_open; }

  void all_once(const std::vector<std::string>& frames) {
    io_.replay(frames);
    for (std::size_t n = 0; n < frames.size(); n += kBurstSize) gateway_.poll();
  }

  // Million packets a second.
  double slice(Episode& seen) {
    const std::uint64_t sent = gateway_.counters().sent;
    const std::uint64_t length = cycles_of(kSlice);
    const double core = core_seconds();
    const std::uint64_t begin = rte_rdtsc();
    std::uint64_t now = begin, told = begin;
    while (now - begin < length) {
      pass(now - told);
      told = now;
      gateway_.poll();
      now = rte_rdtsc();
    }
    const double had = core_seconds() - core;
    pass(now - told);
    seen.share = std::min(seen.share, had / seconds_of(now - begin));
    return static_cast<double>(gateway_.counters().sent - sent) / had * 1e-6;
  }
  void pass(std::uint64_t cycles) {
    const Duration time(static_cast<Duration::rep>(seconds_of(cycles) * 1e9));
    gateway_.pass(time);
    since_idle_ += time;
  }

  AnsweredIo io_;
  BenchGateway gateway_{Family::kIpv4, Protocol::kUdp, 5 * (kFlows + kIdle) / 4, io_};
  const std::vector<std::string> everybody_, some_;  // frames
  Duration since_idle_{};
};

void print(const char* name, const std::vector<double>& rates) {
  std::printf("\"%s\": [", name);
  for (std::size_t i = 0; i < rates.size(); ++i) std::printf("%s%.3f", i > 0 ? ", " : "", rates[i]);
  std::printf("], ");
}

void run(int episodes) {
  Expiry expiry;
  std::printf("{\"slice_seconds\": %g, \"connections\": %u, \"episodes\": [", kSlice, kIdle);
  for (int i = 0; i < episodes; ++i) {
    const Episode episode = expiry.episode();
    std::printf("%s{", i > 0 ? ",\n" : "\n");
    print("quiet", episode.quiet);
    print("ending", episode.ending);
    std::printf("\"share\": %.3f}", episode.share);
  }
  std::printf("]}\n");
}

}  // namespace
}  // namespace portico

int main(int argc, char** argv) {
  portico::start_eal({1024, true});
  portico::run(argc > 1 ? std::atoi(argv[1]) : 5);
}
