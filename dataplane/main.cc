// porticod, the gateway process: what starts, in order, and ends in the reverse order.

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <random>
#include <thread>

#include <spdlog/spdlog.h>
#include <CLI/CLI.hpp>

#include "controlplane/api/control_plane.h"
#include "controlplane/config/config.h"
#include "dataplane/io/eal.h"
#include "dataplane/io/ethdev_io.h"
#include "dataplane/io/packet_memory.h"
#include "dataplane/kernel/kernel_interfaces.h"
#include "dataplane/kernel/kernel_mirror.h"
#include "dataplane/runtime/gateway.h"
#include "dataplane/runtime/worker_loop.h"
#include "include/portico/memory_arena.h"

namespace portico {
namespace {

std::vector<MacAddress> macs_of(const GatewayConfig& config, const EthdevIo& io) {
  std::vector<MacAddress> macs;
  for (std::uint16_t i = 0; i < config.ports.size(); ++i) macs.push_back(io.mac(PortId{i}));
  return macs;
}

// What we share with the Linux kernel: the thread between the ports and their kernel interfaces,
// and the one that mirrors the kernel's tables. Neither runs without a kernel interface.
class KernelThreads {
 public:
  ~KernelThreads() { join(); }

  absl::Status start(const KernelMirrorConfig& config, const KernelInterfaces& interfaces,
                     Gateway& gateway, const std::atomic<bool>& stop) {
    path_ = std::thread([&] { run_kernel_path(*gateway.kernel_path(), stop); });
    if (!config.routes && !config.neighbors) return absl::OkStatus();
    auto mirror = KernelMirror::open(interfaces.ports(), config, [&](const KernelChange& change) {
      return gateway.mirror(change);
    });
    if (!mirror.ok()) return mirror.status();
    mirror_ = std::thread([&stop, mirror = *std::move(mirror)]() mutable { mirror.run(stop); });
    return absl::OkStatus();
  }
  void join() {
    if (path_.joinable()) path_.join();
    if (mirror_.joinable()) mirror_.join();
  }

 private:
  std::thread path_;
  std::thread mirror_;
};

// Signals that end the process go to main's sigwait() alone, whatever threads there are.
sigset_t block_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

absl::Status run(const GatewayConfig& config) {
  const sigset_t signals = block_signals();
  const absl::StatusOr<CorePlan> cores = plan_cores(config.workers, available_cores());
  if (!cores.ok()) return cores.status();
  const std::uint16_t workers = cores->worker_count();

  auto eal = Eal::start(config, *cores, Gateway::table_bytes(config, workers));
  if (!eal.ok()) return eal.status();
  auto io = EthdevIo::open(config, workers);
  if (!io.ok()) return io.status();

  auto kernel = KernelInterfaces::open(config.ports, macs_of(config, **io));
  if (!kernel.ok()) return kernel.status();

  Gateway::Options options;
  options.kernel = kernel->get();
  options.workers = workers;
  options.sockets = (*eal)->worker_sockets();
  options.seed = std::random_device()();
  options.describe_port = [&](PortId port) { return (*io)->describe(port); };
  auto gateway = Gateway::create(
      config, make_port_table(config.ports, [&](PortId id) { return (*io)->mac(id); }), **io,
      options);
  if (!gateway.ok()) return gateway.status();

  std::atomic<bool> stop{false};
  for (std::uint16_t i = 0; i < workers; ++i) {
    (*eal)->launch({i}, [&, i] {
      run_worker((*gateway)->worker({i}), (*gateway)->rcu(), config.workers.max_nap, stop);
    });
  }
  std::thread slow_path([&] { run_slow_path((*gateway)->slow_path(), stop); });
  KernelThreads kernel_threads;
  absl::Status status;
  if (*kernel != nullptr) {
    status = kernel_threads.start(config.kernel_mirror, **kernel, **gateway, stop);
  }

  ControlPlane control(**gateway, ControlPlaneOptions::from(config));
  control.restore();
  if (status.ok()) status = control.serve();
  if (status.ok()) {
    spdlog::info("porticod {} forwards: {} ports, {} {}, {}", PORTICO_VERSION, config.ports.size(),
                 workers, workers == 1 ? "worker" : "workers",
                 (*eal)->hugepages() ? "hugepages" : "no hugepages");
    int signal = 0;
    sigwait(&signals, &signal);
    spdlog::info("{}: stopping", strsignal(signal));
  }
  control.shutdown();
  stop = true;
  kernel_threads.join();
  slow_path.join();
  (*eal)->join();
  return status;
}

// What a configuration asks of this machine; it may be meant for another one, so that it is good
// all the same.
void compare_with_machine(const GatewayConfig& config) {
  const absl::StatusOr<CorePlan> cores = plan_cores(config.workers, available_cores());
  if (!cores.ok()) std::cerr << "on this machine: " << cores.status().message() << "\n";
  const std::size_t listed = std::max<std::size_t>(config.workers.count, 1);
  const auto workers = static_cast<std::uint16_t>(cores.ok() ? cores->worker_count() : listed);
  if (const absl::Status status = check_packet_buffers(config, workers); !status.ok()) {
    std::cerr << "on this machine: " << status.message() << "\n";
  }
  const auto mib = [](std::size_t bytes) { return bytes >> 20; };
  const std::size_t needed = Gateway::table_bytes(config, workers);
  const std::size_t present = static_cast<std::size_t>(sysconf(_SC_PHYS_PAGES)) *
                              static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  std::cout << "its tables take " << mib(needed) << " MiB with " << workers
            << (workers == 1 ? " worker" : " workers") << "; this machine has " << mib(present)
            << " MiB\n";
  if (needed > present) {
    std::cerr << "on this machine: not enough memory for the tables: lower the numbers under "
                 "`capacity`\n";
  }
}

}  // namespace
}  // namespace portico

int main(int argc, char** argv) {
  portico::use_one_arena();
  CLI::App app("porticod, a gateway for Kubernetes Services");
  std::string config_file;
  std::string checked_file;
  auto* config_option = app.add_option("--config", config_file, "Run with this configuration");
  auto* check_option = app.add_option("--check-config", checked_file,
                                      "Check this configuration, name every fault, and exit");
  config_option->excludes(check_option);
  app.set_version_flag("--version", "porticod " PORTICO_VERSION);
  CLI11_PARSE(app, argc, argv);
  if (config_file.empty() && checked_file.empty()) {
    std::cerr << "porticod: --config FILE or --check-config FILE is needed; --help tells more\n";
    return 2;
  }
  const auto config = portico::load_config(config_file.empty() ? checked_file : config_file);
  if (!config.ok()) {
    std::cerr << config.status().message() << "\n";
    return EXIT_FAILURE;
  }
  if (!checked_file.empty()) {
    std::cout << checked_file << " is good\n";
    portico::compare_with_machine(*config);
    return EXIT_SUCCESS;
  }
  spdlog::set_level(spdlog::level::from_str(config->log_level));
  if (const absl::Status status = portico::run(*config); !status.ok()) {
    spdlog::critical("{}", std::string(status.message()));
    return EXIT_FAILURE;
  }
  return EXIT_SUCCESS;
}
