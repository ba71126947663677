#include "dataplane/state/affinity_table.h"

#include <gtest/gtest.h>

#include <thread>

namespace portico {
namespace {

using namespace std::chrono_literals;

constexpr EndpointRef kPodA{1, 1}, kPodB{2, 3};
constexpr Instant kNow = Instant() + 1h;

class AffinityTableTest : public testing::Test {
 protected:
  static AffinityKey key(std::uint32_t client, std::uint64_t service_port = 1) {
    return AffinityKey::of(Ipv4Address{Be32::from_host(client)}, service_port);
  }
  void remember(const AffinityKey& key, EndpointRef endpoint, Instant now = kNow) {
    AffinityTable::Hold(table_, key).remember(endpoint, now);
  }
  EndpointRef find(const AffinityKey& key, Instant now = kNow, Duration timeout = 10s) {
    return AffinityTable::Hold(table_, key).endpoint(now, timeout);
  }

  AffinityTable table_{100, 7};
};

TEST_F(AffinityTableTest, RemembersByClientAndServicePort) {
  EXPECT_EQ(find(key(1)), EndpointRef{});
  remember(key(1), kPodA);
  remember(key(1, 2), kPodB);
  EXPECT_EQ(find(key(1)), kPodA);
  EXPECT_EQ(find(key(1, 2)), kPodB);
  EXPECT_EQ(find(key(2)), EndpointRef{});
  remember(key(1), kPodB);
  EXPECT_EQ(find(key(1)), kPodB);
}

TEST_F(AffinityTableTest, AllOfAnIpv6AddressCounts) {
  Ipv6Address one{{0x20, 1}}, other = one;
  other.bytes[15] = 1;
  remember(AffinityKey::of(one, 1), kPodA);
  EXPECT_EQ(find(AffinityKey::of(one, 1)), kPodA);
  EXPECT_EQ(find(AffinityKey::of(other, 1)), EndpointRef{});
}

// kube-proxy's `--rcheck --seconds`: the whole time still counts.
TEST_F(AffinityTableTest, EndsAfterItsTime) {
  remember(key(1), kPodA);
  EXPECT_EQ(find(key(1), kNow + 10s), kPodA);
  EXPECT_EQ(find(key(1), kNow + 10s + 1ns), EndpointRef{});
  EXPECT_EQ(find(key(1), kNow + 11s, 20s), kPodA) << "the timeout is the Service port's of now";
  remember(key(1), kPodA, kNow + 20s);
  EXPECT_EQ(find(key(1), kNow + 30s), kPodA);
}

TEST_F(AffinityTableTest, FullItForgetsTheOldest) {
  for (std::uint32_t client = 0; client < 100; ++client) remember(key(client), kPodA);
  remember(key(0), kPodB);    // no longer the oldest
  remember(key(100), kPodA);  // 1 gives way
  remember(key(101), kPodA);  // 2
  EXPECT_EQ(find(key(0)), kPodB);
  EXPECT_EQ(find(key(1)), EndpointRef{});
  EXPECT_EQ(find(key(2)), EndpointRef{});
  for (std::uint32_t client = 3; client < 102; ++client) {
    ASSERT_EQ(find(key(client)), kPodA) << client;
  }
}

TEST_F(AffinityTableTest, SmallestTableHasOnePlace) {
  AffinityTable one(1);
  for (std::uint32_t client = 0; client < 10; ++client) {
    AffinityTable::Hold(one, key(client)).remember(kPodA, kNow);
    EXPECT_EQ(AffinityTable::Hold(one, key(client)).endpoint(kNow, 1s), kPodA);
  }
  EXPECT_EQ(AffinityTable::Hold(one, key(8)).endpoint(kNow, 1s), EndpointRef{});
}

// Nearly all of the capacity is there to be used, however clients are numbered.
TEST_F(AffinityTableTest, ManyClientsFit) {
  AffinityTable big(65536);
  for (std::uint32_t i = 0; i < 60000; ++i) {
    AffinityTable::Hold(big, key(i * 256)).remember({i, 1}, kNow);
  }
  std::uint32_t kept = 0;
  for (std::uint32_t i = 0; i < 60000; ++i) {
    const EndpointRef found = AffinityTable::Hold(big, key(i * 256)).endpoint(kNow, 1s);
    if (found == EndpointRef{}) continue;
    ASSERT_EQ(found, (EndpointRef{i, 1}));
    ++kept;
  }
  EXPECT_GT(kept, 59900u);
}

// Workers that treat the same clients at the same time agree: who comes second finds what the first
// has chosen.
TEST_F(AffinityTableTest, ChoiceIsMadeOnce) {
  constexpr std::uint32_t kClients = 2000;
  AffinityTable big(65536);
  std::vector<EndpointRef> chosen[2];
  const auto work = [&](std::uint32_t worker) {
    for (std::uint32_t client = 0; client < kClients; ++client) {
      const AffinityKey its = key(client);
      AffinityTable::Hold hold(big, its);
      EndpointRef endpoint = hold.endpoint(kNow, 1s);
      if (endpoint == EndpointRef{}) endpoint = {worker, 1};
      hold.remember(endpoint, kNow);
      chosen[worker].push_back(endpoint);
    }
  };
  std::thread other(work, 1);
  work(0);
  other.join();
  EXPECT_EQ(chosen[0], chosen[1]);
}

}  // namespace
}  // namespace portico
