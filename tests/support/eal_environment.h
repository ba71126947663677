#pragma once

namespace portico {

struct EalMemory {
  unsigned megabytes = 512;
  // For benchmarks, on a machine that has reserved some; needs root.
  bool hugepages = false;
};

// Starts DPDK's environment in this process, for tests and benchmarks of code that uses rte_hash,
// rte_lpm or rte_malloc: without hugepages, NICs, root or a file that two processes would share, so
// that any number of test programs may run side by side. Does nothing when it runs already; ends
// the process with a message when it can't start; stops it at exit.
//
// A gtest program gets it by depending on `eal_gtest` in its meson.build and need not call it; a
// benchmark or fuzz target depends on `eal_environment` and calls it first.
void start_eal(EalMemory memory = {});

}  // namespace portico
