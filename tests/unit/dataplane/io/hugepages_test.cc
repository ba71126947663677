#include "dataplane/io/hugepages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace portico {
namespace {

constexpr std::size_t kMebibyte = std::size_t{1} << 20;

TEST(Hugepages, CountsFreePagesOfAllSizes) {
  const std::filesystem::path directory = testing::TempDir() + "hugepages_test";
  const auto write = [&](const char* size, const char* free) {
    std::filesystem::create_directories(directory / size);
    std::ofstream(directory / size / "free_hugepages") << free << "\n";
    std::ofstream(directory / size / "nr_hugepages") << "1000\n";
  };
  write("hugepages-2048kB", "3");
  write("hugepages-1048576kB", "1");
  std::filesystem::create_directories(directory / "something else");
  EXPECT_EQ(free_hugepage_bytes(directory), (3 * 2 + 1024) * kMebibyte);
  std::filesystem::remove_all(directory);
  EXPECT_EQ(free_hugepage_bytes(directory), 0);
}

TEST(Hugepages, AutoTakesThemWhenThereAreEnough) {
  EXPECT_EQ(use_hugepages(Hugepages::kAuto, 100, 100).value(), true);
  EXPECT_EQ(use_hugepages(Hugepages::kAuto, 100, 99).value(), false);
}

TEST(Hugepages, NeverMeansNever) {
  EXPECT_EQ(use_hugepages(Hugepages::kNever, 100, 1000).value(), false);
}

TEST(Hugepages, AlwaysSaysHowToReserveThem) {
  EXPECT_EQ(use_hugepages(Hugepages::kAlways, 100, 100).value(), true);
  const auto refused = use_hugepages(Hugepages::kAlways, 301 * kMebibyte, 0);
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(refused.status().message()),
              testing::HasSubstr("sysctl vm.nr_hugepages=151"));
}

}  // namespace
}  // namespace portico
