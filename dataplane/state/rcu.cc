#include "dataplane/state/rcu.h"

#include <rte_malloc.h>
#include <rte_rcu_qsbr.h>

#include <algorithm>
#include <chrono>
#include <new>
#include <thread>

namespace portico {

Rcu::Rcu(std::uint16_t workers) {
  const std::uint32_t threads = std::max<std::uint32_t>(workers, 1);
  qsbr_ = static_cast<rte_rcu_qsbr*>(
      rte_zmalloc("portico_rcu", rte_rcu_qsbr_get_memsize(threads), RTE_CACHE_LINE_SIZE));
  if (qsbr_ == nullptr) throw std::bad_alloc();
  rte_rcu_qsbr_init(qsbr_, threads);
  for (unsigned worker = 0; worker < workers; ++worker) {
    rte_rcu_qsbr_thread_register(qsbr_, worker);
  }
}

Rcu::~Rcu() {
  rte_free(qsbr_);
}

void Rcu::online(WorkerId worker) noexcept {
  rte_rcu_qsbr_thread_online(qsbr_, worker.value);
}

void Rcu::quiescent(WorkerId worker) noexcept {
  rte_rcu_qsbr_quiescent(qsbr_, worker.value);
}

void Rcu::offline(WorkerId worker) noexcept {
  rte_rcu_qsbr_thread_offline(qsbr_, worker.value);
}

void Rcu::synchronize() noexcept {
  // Where the caller shares a core with a worker, spinning would keep that worker from getting on:
  // after a few tries, about the length of a burst, the caller sleeps.
  constexpr int kTries = 100;
  const std::uint64_t token = rte_rcu_qsbr_start(qsbr_);
  for (int tries = 0; rte_rcu_qsbr_check(qsbr_, token, false) == 0; ++tries) {
    if (tries < kTries) {
      rte_pause();
    } else {
      std::this_thread::sleep_for(std::chrono::microseconds(20));
    }
  }
}

}  // namespace portico
