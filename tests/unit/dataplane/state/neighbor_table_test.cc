#include "dataplane/state/neighbor_table.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace portico {
namespace {

constexpr PortId kUplink{0};
constexpr PortId kDownlink{1};
constexpr MacAddress kOne{{0x02, 0, 0, 0, 0, 0x01}};
constexpr MacAddress kTwo{{0x02, 0xff, 0xfe, 0xfd, 0xfc, 0x02}};

IpAddress ip(absl::string_view text) {
  return IpAddress::parse(text).value();
}

TEST(NeighborTable, FindsByPortAndAddress) {
  NeighborTable table(10);
  table.set(kUplink, ip("10.20.0.10"), kOne);
  table.set(kUplink, ip("2001:db8::10"), kTwo);
  EXPECT_EQ(table.find(kUplink, ip("10.20.0.10")), kOne);
  EXPECT_EQ(table.find(kUplink, ip("2001:db8::10")), kTwo);
  EXPECT_EQ(table.find(kDownlink, ip("10.20.0.10")), std::nullopt);
  EXPECT_EQ(table.find(kUplink, ip("10.20.0.11")), std::nullopt);
  EXPECT_EQ(table.size(), 2);
}

TEST(NeighborTable, FamiliesDoNotMix) {
  NeighborTable table(10);
  table.set(kUplink, ip("10.20.0.10"), kOne);
  // The same first four bytes, and zeros behind.
  EXPECT_EQ(table.find(kUplink, ip("a14:a::")), std::nullopt);
}

TEST(NeighborTable, AnAllZeroMacIsFound) {
  NeighborTable table(10);
  table.set(kUplink, ip("10.20.0.10"), MacAddress{});
  EXPECT_EQ(table.find(kUplink, ip("10.20.0.10")), MacAddress{});
}

TEST(NeighborTable, ReplacesAndErases) {
  NeighborTable table(10);
  table.set(kUplink, ip("10.20.0.10"), kOne);
  table.set(kUplink, ip("10.20.0.10"), kTwo);
  EXPECT_EQ(table.find(kUplink, ip("10.20.0.10")), kTwo);
  EXPECT_EQ(table.size(), 1);
  table.erase(kUplink, ip("10.20.0.10"));
  EXPECT_EQ(table.find(kUplink, ip("10.20.0.10")), std::nullopt);
  table.erase(kUplink, ip("10.20.0.10"));
  EXPECT_EQ(table.size(), 0);
}

TEST(NeighborTable, APlaceIsRememberedUntilNeighborsComeOrGo) {
  NeighborTable table(10);
  EXPECT_EQ(table.at(NeighborTable::kNoPlace), std::nullopt);
  table.set(kDownlink, ip("10.20.0.10"), kOne);
  const std::uint32_t place = table.place_of(kDownlink, ip("10.20.0.10"));
  EXPECT_EQ(table.at(place), (Neighbor{kDownlink, kOne}));
  EXPECT_EQ(table.place_of(kUplink, ip("10.20.0.10")), NeighborTable::kNoPlace);

  const std::uint32_t before = table.changes();
  table.set(kDownlink, ip("10.20.0.10"), kTwo);
  EXPECT_EQ(table.changes(), before) << "it is where it was";
  EXPECT_EQ(table.at(place), (Neighbor{kDownlink, kTwo}));
  table.set(kDownlink, ip("10.20.0.11"), kOne);
  EXPECT_EQ(table.changes(), before + 1);
  table.erase(kDownlink, ip("10.20.0.10"));
  EXPECT_EQ(table.changes(), before + 2);
  EXPECT_EQ(table.at(place), std::nullopt);
  table.erase(kDownlink, ip("10.20.0.10"));
  EXPECT_EQ(table.changes(), before + 2);
}

TEST(NeighborTable, AReadOfAPlaceIsAUse) {
  NeighborTable table(10);
  const IpAddress a = ip("10.20.0.10");
  table.set(kUplink, a, kOne);
  const std::uint32_t place = table.place_of(kUplink, a);
  EXPECT_FALSE(table.take_used(kUplink, a));
  EXPECT_TRUE(table.at(place));
  EXPECT_TRUE(table.take_used(kUplink, a));
}

TEST(NeighborTable, TellsWhetherItWasUsed) {
  NeighborTable table(10);
  const IpAddress a = ip("10.20.0.10");
  EXPECT_FALSE(table.take_used(kUplink, a));
  table.set(kUplink, a, kOne);
  EXPECT_FALSE(table.take_used(kUplink, a));
  table.find(kUplink, a);
  table.set(kUplink, a, kTwo);
  EXPECT_TRUE(table.take_used(kUplink, a)) << "a new MAC address does not take the mark";
  EXPECT_FALSE(table.take_used(kUplink, a));
}

TEST(NeighborTable, UsedMarkDoesNotPassToTheNextTenant) {
  NeighborTable table(1);
  for (std::uint8_t i = 0; i < 10; ++i) {
    const IpAddress a = Ipv4Address{Be32::from_host(0x0a000000U + i)};
    ASSERT_TRUE(table.set(kUplink, a, kOne));
    EXPECT_FALSE(table.take_used(kUplink, a));
    table.find(kUplink, a);
    table.erase(kUplink, a);
    table.release();
  }
}

TEST(NeighborTable, HoldsItsCapacity) {
  NeighborTable table(3);
  for (const char* text : {"10.0.0.1", "10.0.0.2", "10.0.0.3"}) {
    ASSERT_TRUE(table.set(kUplink, ip(text), kOne));
  }
  EXPECT_FALSE(table.set(kUplink, ip("10.0.0.4"), kOne));
  EXPECT_TRUE(table.set(kUplink, ip("10.0.0.3"), kTwo));
  table.erase(kUplink, ip("10.0.0.3"));
  EXPECT_TRUE(table.set(kUplink, ip("10.0.0.4"), kOne));
}

// A MAC address is read whole: the six bytes of one or of the other.
TEST(NeighborTable, ReaderSeesOneMacOrTheOther) {
  NeighborTable table(10);
  const IpAddress a = ip("10.20.0.10");
  constexpr MacAddress kZeros{};
  table.set(kUplink, a, kZeros);
  std::atomic<bool> running = false;
  std::atomic<bool> stop = false;
  std::uint64_t torn = 0;
  std::thread reader([&] {
    running = true;
    while (!stop) {
      const auto mac = table.find(kUplink, a);
      if (mac != kZeros && mac != kBroadcastMac) ++torn;
    }
  });
  while (!running) std::this_thread::yield();
  for (int i = 0; i < 100'000; ++i) table.set(kUplink, a, i % 2 == 0 ? kBroadcastMac : kZeros);
  stop = true;
  reader.join();
  EXPECT_EQ(torn, 0);
}

}  // namespace
}  // namespace portico
