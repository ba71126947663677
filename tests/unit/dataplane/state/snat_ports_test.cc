#include "dataplane/state/snat_ports.h"

#include <random>
#include <set>
#include <tuple>
#include <vector>

#include "dataplane/net/owner_hash.h"
#include "dataplane/state/snat_usage.h"
#include "gtest/gtest.h"

namespace portico {
namespace {

constexpr std::uint64_t kSeed = 7;

SnatConfig pool(std::vector<const char*> addresses, std::uint16_t first, std::uint16_t last) {
  SnatConfig config;
  for (const char* text : addresses) config.addresses.push_back(IpAddress::parse(text).value());
  config.first_port = first;
  config.last_port = last;
  return config;
}

using Pair = std::tuple<IpAddress, std::uint16_t>;

template <typename Address>
Pair pair_of(const typename SnatPorts<Address>::Candidate& candidate) {
  return {candidate.address, candidate.port.host()};
}

// The candidates of all attempts of one connection.
template <typename Address>
std::vector<Pair> attempts(const SnatPorts<Address>& ports, std::uint32_t hash) {
  std::vector<Pair> pairs;
  for (unsigned i = 0; i < ports.size(); ++i) {
    pairs.push_back(pair_of<Address>(ports.candidate(hash, i)));
  }
  return pairs;
}

template <typename Address>
void expect_pool_is_shared_out(const SnatConfig& config, std::size_t pool_size) {
  for (std::uint16_t workers = 1; workers <= 8; ++workers) {
    std::set<Pair> seen;
    std::size_t total = 0;
    for (std::uint16_t w = 0; w < workers; ++w) {
      const SnatPorts<Address> ports(config, WorkerId{w}, workers, kSeed);
      for (const Pair& pair : attempts(ports, 0x12345678)) {
        const auto& [address, port] = pair;
        EXPECT_EQ(
            owner_of(client_side_hash(address.as<Address>(), L4Port::from_host(port)), workers),
            WorkerId{w});
        EXPECT_GE(port, config.first_port);
        EXPECT_LE(port, config.last_port);
        seen.insert(pair);
      }
      total += ports.size();
      // Toeplitz over consecutive ports is nearly even.
      EXPECT_GT(ports.size(), pool_size / workers / 2);
    }
    EXPECT_EQ(seen.size(), pool_size);
    EXPECT_EQ(total, pool_size);
  }
}

TEST(SnatPorts, WorkersShareThePoolAndRepliesHashHome) {
  expect_pool_is_shared_out<Ipv4Address>(pool({"10.12.22.1", "10.12.22.2"}, 1024, 4095), 6144);
  expect_pool_is_shared_out<Ipv6Address>(pool({"2001:db8::1", "2001:db8::2"}, 1024, 4095), 6144);
}

TEST(SnatPorts, FirstAttemptsAreAllDifferent) {
  const SnatPorts<Ipv4Address> ports(pool({"10.12.22.1"}, 2000, 2999), WorkerId{0}, 3, kSeed);
  for (std::uint32_t hash = 0; hash < 200; ++hash) {
    const std::vector<Pair> pairs = attempts(ports, hash * 0x01000193);
    EXPECT_EQ(std::set<Pair>(pairs.begin(), pairs.end()).size(), ports.size());
  }
}

TEST(SnatPorts, SameHashSameOrder) {
  const SnatConfig config = pool({"10.12.22.1"}, 1024, 65535);
  const SnatPorts<Ipv4Address> ports(config, WorkerId{1}, 2, kSeed);
  const SnatPorts<Ipv4Address> again(config, WorkerId{1}, 2, kSeed);
  for (unsigned attempt = 0; attempt < SnatPorts<Ipv4Address>::kAttempts; ++attempt) {
    EXPECT_EQ(pair_of<Ipv4Address>(ports.candidate(99, attempt)),
              pair_of<Ipv4Address>(again.candidate(99, attempt)));
  }
}

// Nobody shall compute the gateway's port from the client's, RFC 6056.
TEST(SnatPorts, OrderIsSecret) {
  const SnatConfig config = pool({"10.12.22.1"}, 1024, 65535);
  const SnatPorts<Ipv4Address> one(config, WorkerId{0}, 1);
  const SnatPorts<Ipv4Address> other(config, WorkerId{0}, 1);
  unsigned same = 0;
  for (std::uint32_t hash = 0; hash < 100; ++hash) {
    same += pair_of<Ipv4Address>(one.candidate(hash, 0)) ==
            pair_of<Ipv4Address>(other.candidate(hash, 0));
  }
  EXPECT_LT(same, 10u);
}

// At 90 % in use a random order fails with 0.9^128, once in 700,000: an order that clusters fails
// far more often.
TEST(SnatPorts, NearlyFullPoolIsStillSearchedWell) {
  const SnatPorts<Ipv4Address> ports(pool({"10.12.22.1"}, 1024, 65535), WorkerId{0}, 1, kSeed);
  std::set<Pair> used;
  std::uint32_t hash = 0;
  unsigned failed = 0;
  const auto connect = [&] {
    // Consecutive client ports of one client.
    hash = client_side_hash(Ipv4Address{Be32::from_host(0x0a140000 + hash % 7)},
                            L4Port::from_host(static_cast<std::uint16_t>(used.size())));
    for (unsigned attempt = 0; attempt < SnatPorts<Ipv4Address>::kAttempts; ++attempt) {
      if (used.insert(pair_of<Ipv4Address>(ports.candidate(hash, attempt))).second) return;
    }
    ++failed;
  };
  for (std::size_t i = 0; i < ports.size() * 9 / 10; ++i) connect();
  EXPECT_EQ(failed, 0u);
}

TEST(SnatPorts, OnlyAddressesOfTheFamilyEachOnce) {
  const SnatConfig config = pool({"10.0.0.1", "2001:db8::1", "10.0.0.1"}, 5000, 5099);
  EXPECT_EQ(SnatPorts<Ipv4Address>(config, WorkerId{0}, 1).size(), 100u);
  EXPECT_EQ(SnatPorts<Ipv6Address>(config, WorkerId{0}, 1).size(), 100u);
  EXPECT_TRUE(SnatPorts<Ipv6Address>(pool({"10.0.0.1"}, 1, 2), WorkerId{0}, 1).empty());
}

TEST(SnatPorts, NodePortsAreLeftOutWhereTheyAreServed) {
  const SnatConfig config = pool({"10.0.0.1", "10.0.0.2"}, 29990, 30009);
  NodePortConfig node_ports;
  node_ports.addresses = {IpAddress::parse("10.0.0.1").value(),
                          IpAddress::parse("10.9.9.9").value()};
  node_ports.first_port = 30000;
  node_ports.last_port = 30004;
  const SnatPorts<Ipv4Address> ports(config, node_ports, WorkerId{0}, 1, kSeed);
  EXPECT_EQ(ports.size(), 35u);
  for (const auto& [address, port] : attempts(ports, 1)) {
    EXPECT_FALSE(address == node_ports.addresses[0] && 30000 <= port && port <= 30004) << port;
  }
}

TEST(SnatPorts, EdgesOfTheRange) {
  const SnatPorts<Ipv4Address> all(pool({"10.0.0.1"}, 0, 65535), WorkerId{0}, 1);
  EXPECT_EQ(all.size(), 65535u);  // there is no port 0
  const SnatPorts<Ipv4Address> one(pool({"10.0.0.1"}, 65535, 65535), WorkerId{0}, 1);
  ASSERT_EQ(one.size(), 1u);
  EXPECT_EQ(one.candidate(0xffffffff, 127).port.host(), 65535);
  EXPECT_TRUE(SnatPorts<Ipv4Address>(pool({"10.0.0.1"}, 2000, 1999), WorkerId{0}, 1).empty());
}

// New connections that find a candidate with their first try see an empty pool; where three of four
// candidates are in use, four tries are needed on average.
TEST(SnatUsage, FillIsWhatTheTriesSay) {
  SnatUsage usage;
  EXPECT_EQ(usage.fill(), 0.0);
  std::mt19937 random(1);
  std::geometric_distribution<std::uint32_t> failures(0.25);
  double sum = 0;
  for (int i = 0; i < 20000; ++i) {
    usage.found(failures(random) + 1);
    if (i >= 10000) sum += usage.fill();
  }
  EXPECT_NEAR(sum / 10000, 0.75, 0.02);
  EXPECT_EQ(usage.connections(), 20000u);
  usage.exhausted(128);
  EXPECT_EQ(usage.exhaustions(), 1u);
  EXPECT_EQ(usage.most_attempts(), 128u);
  for (int i = 0; i < 1000; ++i) usage.found(1);
  EXPECT_LT(usage.fill(), 0.01);
}

}  // namespace
}  // namespace portico
