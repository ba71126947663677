#include "dataplane/net/flow_hash.h"

#include <array>
#include <random>
#include <vector>

#include "gtest/gtest.h"

namespace portico {
namespace {

template <typename Address>
class NextHopScore : public testing::Test {
 protected:
  static Address gateway(unsigned i) {
    std::array<std::uint8_t, Address::kSize> bytes{};
    bytes[0] = 10;
    bytes[Address::kSize - 1] = static_cast<std::uint8_t>(i);
    return Address::from_bytes(bytes.data());
  }
  // Which of `hops` the flow takes.
  static unsigned choose(std::uint32_t flow, const std::vector<unsigned>& hops) {
    unsigned best = hops[0];
    for (const unsigned hop : hops) {
      if (score(flow, hop) > score(flow, best)) best = hop;
    }
    return best;
  }
  static std::uint32_t score(std::uint32_t flow, unsigned hop) {
    return next_hop_score(flow, gateway(hop), PortId{1});
  }
};
using Families = testing::Types<Ipv4Address, Ipv6Address>;
TYPED_TEST_SUITE(NextHopScore, Families);

constexpr int kFlows = 80'000;

// A packet of a client that differs from others in its port alone, as the least that flows differ
// in.
template <typename Address>
std::uint32_t flow_of(unsigned port) {
  std::array<std::uint8_t, sizeof(Ipv6Header) + 8> memory{};
  memory[sizeof(typename Ip<Address>::Header)] = static_cast<std::uint8_t>(port >> 8);
  memory[sizeof(typename Ip<Address>::Header) + 1] = static_cast<std::uint8_t>(port);
  memory[16] = static_cast<std::uint8_t>(port >> 16);
  Packet packet;
  packet.data = memory.data();
  packet.l4_offset = sizeof(typename Ip<Address>::Header);
  return flow_hash<Address>(packet);
}

// Chi-square over n hops, against the 0.1 % point of n - 1 degrees of freedom.
TYPED_TEST(NextHopScore, SharesFlowsEvenly) {
  const std::pair<unsigned, double> cases[] = {{2, 10.83}, {3, 13.82}, {8, 24.32}, {16, 37.70}};
  for (const auto& [count, limit] : cases) {
    std::vector<unsigned> hops;
    for (unsigned i = 0; i < count; ++i) hops.push_back(i + 1);
    std::vector<int> flows(count + 1);
    for (unsigned i = 0; i < kFlows; ++i) {
      ++flows[TestFixture::choose(flow_of<TypeParam>(i), hops)];
    }
    const double expected = double{kFlows} / count;
    double chi_square = 0;
    for (const unsigned hop : hops) {
      chi_square += (flows[hop] - expected) * (flows[hop] - expected) / expected;
    }
    EXPECT_LT(chi_square, limit) << count << " next hops";
  }
}

// One that goes moves its own flows alone, and these to all of the others.
TYPED_TEST(NextHopScore, OneThatGoesMovesItsOwnFlows) {
  const std::vector<unsigned> before = {1, 2, 3, 4, 5};
  const std::vector<unsigned> after = {1, 2, 4, 5};
  std::array<int, 6> moved{};
  for (unsigned i = 0; i < kFlows; ++i) {
    const std::uint32_t flow = flow_of<TypeParam>(i);
    const unsigned was = TestFixture::choose(flow, before);
    const unsigned is = TestFixture::choose(flow, after);
    if (was != 3) {
      ASSERT_EQ(is, was);
    } else {
      ++moved[is];
    }
  }
  for (const unsigned hop : after) EXPECT_NEAR(moved[hop], kFlows / 5 / 4, kFlows / 5 / 4 / 10);
}

TEST(FlowHash, IsThatOfAddressesProtocolAndPorts) {
  std::array<std::uint8_t, 40> memory{};
  Packet packet;
  packet.data = memory.data();
  packet.l4_offset = 20;
  const std::uint32_t plain = flow_hash<Ipv4Address>(packet);
  for (const std::size_t at : {12u, 15u, 16u, 19u, 20u, 23u}) {  // addresses and ports
    memory[at] ^= 1;
    EXPECT_NE(flow_hash<Ipv4Address>(packet), plain) << at;
    memory[at] ^= 1;
  }
  for (const std::size_t at : {8u, 10u, 24u, 39u}) {  // TTL, checksum, and what is behind the ports
    memory[at] ^= 1;
    EXPECT_EQ(flow_hash<Ipv4Address>(packet), plain) << at;
    memory[at] ^= 1;
  }
  packet.protocol = Protocol::kUdp;
  EXPECT_NE(flow_hash<Ipv4Address>(packet), plain);
}

}  // namespace
}  // namespace portico
