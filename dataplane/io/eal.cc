#include "dataplane/io/eal.h"

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_launch.h>
#include <rte_lcore.h>
#include <rte_log.h>

#include <algorithm>
#include <cstdio>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "dataplane/io/device_name.h"
#include "dataplane/io/devices.h"
#include "dataplane/io/hugepages.h"
#include "dataplane/io/packet_memory.h"

namespace portico {
namespace {

constexpr std::size_t kMebibyte = std::size_t{1} << 20;

unsigned lcore_of(std::size_t worker) {
  return static_cast<unsigned>(worker) + 1;
}

std::string lcores(const CorePlan& cores) {
  std::string text = absl::StrCat("--lcores=0@(", absl::StrJoin(cores.control, ","), ")");
  for (std::size_t worker = 0; worker < cores.workers.size(); ++worker) {
    absl::StrAppend(&text, ",", lcore_of(worker), "@", cores.workers[worker]);
  }
  return text;
}

int run(void* loop) {
  (*static_cast<std::function<void()>*>(loop))();
  return 0;
}

}  // namespace

std::vector<std::string> eal_arguments(const GatewayConfig& config, const CorePlan& cores,
                                       bool hugepages, std::size_t memory) {
  std::vector<std::string> arguments = {
      "porticod", lcores(cores), "--file-prefix=portico", "--no-telemetry",
      config.log_level == "debug" ? "--log-level=lib.*:info" : "--log-level=*:error"};
  if (hugepages) {
    arguments.push_back("--in-memory");
  } else {
    // DPDK 22.11 does not have --in-memory together with --no-huge; --no-shconf does the same here.
    arguments.insert(arguments.end(), {"--no-huge", "--no-shconf", "--iova-mode=va",
                                       absl::StrCat("-m", (memory + kMebibyte - 1) / kMebibyte)});
  }
  // Of PCI devices, only those configured are touched. Virtual devices are made when their port is
  // opened, so that an error can name it.
  bool pci = false;
  for (const DeviceUse& use : devices_of(config.ports)) {
    if (!is_pci_address(use.settings.device)) continue;
    arguments.push_back(absl::StrCat("--allow=", use.settings.device));
    pci = true;
  }
  if (!pci) arguments.push_back("--no-pci");
  return arguments;
}

absl::StatusOr<std::unique_ptr<Eal>> Eal::start(const GatewayConfig& config, const CorePlan& cores,
                                                std::size_t table_bytes) {
  if (absl::Status status = check_packet_buffers(config, cores.worker_count()); !status.ok()) {
    return status;
  }
  // A tenth more for what DPDK allocates itself and for fragments.
  const std::size_t memory =
      (table_bytes + packet_memory(config, cores.worker_count())) / 10 * 11 + 16 * kMebibyte;
  const auto hugepages = use_hugepages(config.hugepages, memory, free_hugepage_bytes());
  if (!hugepages.ok()) return hugepages.status();
  rte_openlog_stream(stderr);  // not to syslog as well
  std::vector<std::string> arguments = eal_arguments(config, cores, *hugepages, memory);
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  if (rte_eal_init(static_cast<int>(argv.size()), argv.data()) < 0) {
    return absl::InternalError(absl::StrCat("DPDK did not start: ", rte_strerror(rte_errno), " (",
                                            absl::StrJoin(arguments, " "), ")"));
  }
  return std::unique_ptr<Eal>(new Eal(cores.worker_count(), *hugepages));
}

Eal::Eal(std::uint16_t workers, bool hugepages) : hugepages_(hugepages), loops_(workers) {}

Eal::~Eal() {
  join();
  rte_eal_cleanup();
}

std::vector<int> Eal::worker_sockets() const {
  std::vector<int> sockets;
  for (std::size_t worker = 0; worker < loops_.size(); ++worker) {
    sockets.push_back(static_cast<int>(rte_lcore_to_socket_id(lcore_of(worker))));
  }
  return sockets;
}

void Eal::launch(WorkerId worker, std::function<void()> loop) {
  loops_[worker.value] = std::move(loop);
  rte_eal_remote_launch(run, &loops_[worker.value], lcore_of(worker.value));
}

void Eal::join() {
  for (std::size_t worker = 0; worker < loops_.size(); ++worker) {
    rte_eal_wait_lcore(lcore_of(worker));
  }
}

}  // namespace portico
