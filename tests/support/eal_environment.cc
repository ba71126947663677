#include "tests/support/eal_environment.h"

#include <rte_eal.h>
#include <rte_errno.h>
#include <sched.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace portico {
namespace {

// One lcore that may run on every core that this process may run on: EAL pins the calling thread,
// and tests that run side by side must not all sit on the first core.
std::string unpinned_lcore() {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  sched_getaffinity(0, sizeof allowed, &allowed);
  std::string cores;
  for (std::size_t core = 0; core < CPU_SETSIZE; ++core) {
    if (!CPU_ISSET(core, &allowed)) continue;
    if (!cores.empty()) cores += ',';
    cores += std::to_string(core);
  }
  return "--lcores=0@(" + cores + ")";
}

bool init(EalMemory memory) {
  // --in-memory cannot be had together with --no-huge in DPDK 22.11; --no-shconf does the same for
  // us: no file, no lock, no socket of a multi-process setup. The memory is only mapped, and costs
  // nothing before it is used.
  std::array<std::string, 9> arguments = {"test",
                                          memory.hugepages ? "--in-memory" : "--no-huge",
                                          "--no-shconf",
                                          "--no-pci",
                                          "-m" + std::to_string(memory.megabytes),
                                          "--no-telemetry",
                                          unpinned_lcore(),
                                          "--log-level=*:error",
                                          "--iova-mode=va"};
  std::array<char*, arguments.size()> argv;
  for (std::size_t i = 0; i < arguments.size(); ++i) argv[i] = arguments[i].data();
  if (rte_eal_init(static_cast<int>(argv.size()), argv.data()) < 0) {
    std::fprintf(stderr, "cannot start DPDK's environment: %s\n", rte_strerror(rte_errno));
    std::exit(EXIT_FAILURE);
  }
  std::atexit([] { rte_eal_cleanup(); });
  return true;
}

}  // namespace

void start_eal(EalMemory memory) {
  [[maybe_unused]] static const bool started = init(memory);
}

}  // namespace portico
