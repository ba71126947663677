#include "dataplane/runtime/worker_loop.h"

#include <sys/prctl.h>

#include <algorithm>
#include <ctime>

#include <rte_cycles.h>

namespace portico {
namespace {

// The time since the machine started, from its time stamp counter.
class TscClock {
 public:
  Instant now() const noexcept {
    const unsigned __int128 product = static_cast<unsigned __int128>(rte_rdtsc()) * scale_;
    return Instant(Duration(static_cast<Duration::rep>(product >> 32)));
  }

 private:
  // Nanoseconds a cycle, as a fixed-point number with 32 bits behind the point.
  std::uint64_t scale_ = static_cast<std::uint64_t>(
      (1'000'000'000.0 / static_cast<double>(rte_get_tsc_hz())) * 4294967296.0);
};

void nap(Duration duration) {
  const timespec time{0, static_cast<long>(duration.count())};
  nanosleep(&time, nullptr);
}

// How long to nap after so many rounds without work. A pause between two bursts is no idleness: the
// first rounds only poll.
class Idleness {
 public:
  explicit Idleness(Duration max_nap) : max_nap_(max_nap) {
    // The kernel adds its timer slack to every sleep, 50 us by default.
    prctl(PR_SET_TIMERSLACK, 1000UL);
  }

  // Zero: no nap.
  Duration after(bool busy) {
    empty_rounds_ = busy ? 0 : std::min(empty_rounds_ + 1, kRoundsToLongestNap);
    if (empty_rounds_ < kRoundsBeforeNap) return {};
    return max_nap_ * (empty_rounds_ - kRoundsBeforeNap + 1) /
           (kRoundsToLongestNap - kRoundsBeforeNap + 1);
  }

 private:
  static constexpr int kRoundsBeforeNap = 256;
  static constexpr int kRoundsToLongestNap = 320;

  const Duration max_nap_;
  int empty_rounds_ = 0;
};

// A thread beside the workers, on a core that others share.
template <typename Path>
void run_beside(Path& path, const std::atomic<bool>& stop) {
  constexpr Duration kNap = std::chrono::microseconds(200);
  const TscClock clock;
  while (!stop.load(std::memory_order_relaxed)) {
    if (!path.poll(clock.now())) nap(kNap);
  }
}

}  // namespace

void run_worker(Worker& worker, Rcu& rcu, Duration max_nap, const std::atomic<bool>& stop) {
  const TscClock clock;
  Idleness idleness(max_nap);
  rcu.online(worker.id());
  worker.mailbox().open();
  while (!stop.load(std::memory_order_relaxed)) {
    const bool busy = worker.poll(clock.now());
    rcu.quiescent(worker.id());
    const Duration pause = idleness.after(busy);
    if (pause == Duration::zero()) continue;
    rcu.offline(worker.id());
    nap(pause);
    rcu.online(worker.id());
  }
  worker.mailbox().close();
  rcu.offline(worker.id());
}

void run_slow_path(SlowPath& slow_path, const std::atomic<bool>& stop) {
  run_beside(slow_path, stop);
}

void run_kernel_path(KernelPath& kernel_path, const std::atomic<bool>& stop) {
  run_beside(kernel_path, stop);
}

}  // namespace portico
