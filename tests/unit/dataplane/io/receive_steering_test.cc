#include "dataplane/io/receive_steering.h"

#include <gtest/gtest.h>
#include <rte_thash.h>

#include <algorithm>
#include <array>
#include <random>

#include "dataplane/io/ethdev_io.h"
#include "dataplane/net/owner_hash.h"
#include "tests/unit/dataplane/io/configs.h"

namespace portico {
namespace {

constexpr std::uint64_t kFlows = RTE_ETH_RSS_IP | RTE_ETH_RSS_UDP | RTE_ETH_RSS_TCP;
constexpr std::uint64_t kSource = RTE_ETH_RSS_L3_SRC_ONLY | RTE_ETH_RSS_L4_SRC_ONLY;
constexpr std::uint64_t kDestination = RTE_ETH_RSS_L3_DST_ONLY | RTE_ETH_RSS_L4_DST_ONLY;

PortConfig facing(bool clients, bool pods, const std::string& device = "") {
  PortConfig config = port("p", device);
  config.uplink = clients;
  config.downlink = pods;
  return config;
}

TEST(ReceiveSteering, HashesTheClientsSideWhereTheDeviceCan) {
  const std::uint64_t all = kFlows | kSource | kDestination | RTE_ETH_RSS_L2_PAYLOAD;
  EXPECT_EQ(wanted_hash(facing(true, false), all), kFlows | kSource);
  EXPECT_EQ(wanted_hash(facing(false, true), all), kFlows) << "Pods are clients too";
  EXPECT_EQ(wanted_hash(facing(true, true), all), kFlows);
  EXPECT_EQ(wanted_hash(facing(true, false), kFlows | RTE_ETH_RSS_L3_SRC_ONLY), kFlows);
  EXPECT_EQ(wanted_hash(facing(false, true), kFlows | kSource), kFlows);
  EXPECT_EQ(wanted_hash(facing(true, false), kSource), 0u) << "of nothing";
}

// The queue that a device with this key and this table, read back from it, would choose by
// DPDK's own Toeplitz hash.
class SteeredDevice {
 public:
  explicit SteeredDevice(std::uint16_t id) : key_(hash_key(kToeplitzKeySize)) {
    rte_eth_dev_info info{};
    rte_eth_dev_info_get(id, &info);
    table_.resize(info.reta_size / RTE_ETH_RETA_GROUP_SIZE);
    for (rte_eth_rss_reta_entry64& group : table_) group.mask = ~std::uint64_t{0};
    EXPECT_GT(info.reta_size, 0);
    EXPECT_EQ(rte_eth_dev_rss_reta_query(id, table_.data(), info.reta_size), 0);
  }
  std::uint16_t queue_of(std::vector<std::uint32_t> words) {
    const std::uint32_t hash =
        rte_softrss(words.data(), static_cast<std::uint32_t>(words.size()), key_.data());
    const std::size_t entry = hash % (table_.size() * RTE_ETH_RETA_GROUP_SIZE);
    return table_[entry / RTE_ETH_RETA_GROUP_SIZE].reta[entry % RTE_ETH_RETA_GROUP_SIZE];
  }

 private:
  std::vector<std::uint8_t> key_;
  std::vector<rte_eth_rss_reta_entry64> table_;
};

// net_null keeps what it is told of RSS, though it receives nothing that it could hash.
TEST(ReceiveSteering, TheDeviceChoosesTheOwner) {
  std::mt19937 random(7);
  for (const std::uint16_t workers : std::initializer_list<std::uint16_t>{2, 3, 8}) {
    auto io = EthdevIo::open(gateway({facing(true, false, "net_null0")}), workers);
    ASSERT_TRUE(io.ok()) << io.status();
    std::uint16_t id = 0;
    ASSERT_EQ(rte_eth_dev_get_port_by_name("net_null0", &id), 0);
    rte_eth_rss_conf configured{};
    ASSERT_EQ(rte_eth_dev_rss_hash_conf_get(id, &configured), 0);
    EXPECT_NE(configured.rss_hf, 0u);
    SteeredDevice device(id);
    for (int i = 0; i < 1000; ++i) {
      std::array<std::uint8_t, 16> bytes;
      for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random());
      const auto port = static_cast<std::uint16_t>(random());
      std::vector<std::uint32_t> words;
      for (std::size_t at = 0; at < 16; at += 4) {
        words.push_back(std::uint32_t{bytes[at]} << 24 | std::uint32_t{bytes[at + 1]} << 16 |
                        std::uint32_t{bytes[at + 2]} << 8 | bytes[at + 3]);
      }
      words.push_back(std::uint32_t{port} << 16);
      const Ipv4Address v4 = Ipv4Address::from_bytes(bytes.data());
      const Ipv6Address v6 = Ipv6Address::from_bytes(bytes.data());
      const L4Port client = L4Port::from_host(port);
      EXPECT_EQ(device.queue_of(words), owner_of(client_side_hash(v6, client), workers).value);
      EXPECT_EQ(device.queue_of({words[0], words[4]}),
                owner_of(client_side_hash(v4, client), workers).value);
    }
  }
}

// Some devices take one of 52 bytes.
TEST(ReceiveSteering, LongerKeysBeginLikeTheGateways) {
  EXPECT_TRUE(hash_key(0).empty());
  const std::vector<std::uint8_t> key = hash_key(52);
  ASSERT_EQ(key.size(), 52u);
  EXPECT_TRUE(std::equal(kToeplitzKey.begin(), kToeplitzKey.end(), key.begin()));
}

}  // namespace
}  // namespace portico
