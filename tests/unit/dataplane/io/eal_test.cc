// A program of its own: DPDK's environment starts once in a process, here as porticod starts it.

#include "dataplane/io/eal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rte_malloc.h>

#include <sched.h>

#include <atomic>
#include <thread>

#include "dataplane/io/ethdev_io.h"

namespace portico {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::Not;

PortConfig port(const std::string& device) {
  PortConfig config;
  config.name = device;
  config.device = device;
  return config;
}

TEST(EalArguments, OneLcoreForControlAndOneForEachWorker) {
  const auto arguments = eal_arguments({}, {.workers = {2, 3}, .control = {0, 1}}, true, 0);
  EXPECT_THAT(arguments, Contains("--lcores=0@(0,1),1@2,2@3"));
  EXPECT_THAT(arguments, Contains("--in-memory"));
}

TEST(EalArguments, WithoutHugepagesTheMemoryIsReserved) {
  const auto arguments = eal_arguments({}, {.workers = {1}, .control = {0}}, false, 100'000'000);
  EXPECT_THAT(arguments, Contains("--no-huge"));
  EXPECT_THAT(arguments, Contains("-m96"));
  EXPECT_THAT(arguments, Not(Contains("--in-memory")));
}

TEST(EalArguments, OnlyConfiguredPciDevicesAreTouched) {
  GatewayConfig config;
  config.ports = {port("net_null0")};
  const CorePlan cores{.workers = {1}, .control = {0}};
  EXPECT_THAT(eal_arguments(config, cores, true, 0), Contains("--no-pci"));
  config.ports.push_back(port("0000:03:00.0"));
  const auto arguments = eal_arguments(config, cores, true, 0);
  EXPECT_THAT(arguments, Contains("--allow=0000:03:00.0"));
  EXPECT_THAT(arguments, Not(Contains("--no-pci")));
}

TEST(Eal, RunsAWorkerWithPortsAndEnoughMemory) {
  GatewayConfig config;
  config.ports = {port("net_null0"), port("net_ring0")};
  config.hugepages = Hugepages::kNever;
  const auto cores = plan_cores({.count = 1, .cores = {}}, available_cores());
  ASSERT_TRUE(cores.ok());
  constexpr std::size_t kTables = 100 << 20;
  auto eal = Eal::start(config, *cores, kTables);
  ASSERT_TRUE(eal.ok()) << eal.status();
  EXPECT_FALSE((*eal)->hugepages());
  EXPECT_EQ((*eal)->worker_sockets().size(), 1);

  auto io = EthdevIo::open(config, 1);
  ASSERT_TRUE(io.ok()) << io.status();
  void* const tables = rte_malloc("tables", kTables, 64);
  EXPECT_NE(tables, nullptr);
  rte_free(tables);

  std::atomic<bool> stop = false;
  std::atomic<unsigned> core = 1000;
  std::atomic<std::size_t> received = 0;
  (*eal)->launch(WorkerId{0}, [&] {
    core = static_cast<unsigned>(sched_getcpu());
    while (!stop) {
      Burst burst;
      (*io)->receive(WorkerId{0}, PortId{0}, burst);
      received += burst.count;
      for (Packet& packet : burst) {
        Packet* p = &packet;
        (*io)->free(&p, 1);
      }
    }
  });
  while (received == 0) std::this_thread::yield();
  stop = true;
  (*eal)->join();
  EXPECT_EQ(core, cores->workers[0]);
}

}  // namespace
}  // namespace portico
