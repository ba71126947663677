#include "dataplane/state/kernel_gate.h"

#include <gtest/gtest.h>

namespace portico {
namespace {

using namespace std::chrono_literals;

PortTable two_ports(std::uint32_t first_rate, std::uint32_t second_rate) {
  PortTable ports(2);
  ports[0].kernel = KernelInterfaceConfig{"pt0", true, first_rate};
  ports[1].id = {1};
  ports[1].kernel = KernelInterfaceConfig{"pt1", true, second_rate};
  return ports;
}

Ipv4Address nth_host(std::uint32_t n) {
  return {Be32::from_host(0x0a000000 + n)};
}

// How many are admitted when `rate` of them come each second, evenly, from `sources` in turn.
int admitted(KernelGate& gate, PortId port, Instant& now, Duration duration, std::uint32_t rate,
             std::uint32_t sources) {
  int count = 0;
  std::uint32_t turn = 0;
  const Duration step = Duration(std::chrono::seconds(1)) / rate;
  for (const Instant end = now + duration; now < end; now += step) {
    count += gate.admit(port, KernelTraffic::kOther, nth_host(++turn % sources), false, now);
  }
  return count;
}

TEST(KernelGate, AdmitsTheRateInTheLongRun) {
  KernelGate gate(two_ports(1000, 5000));
  Instant now = Instant() + 1h;
  EXPECT_NEAR(admitted(gate, {0}, now, 10s, 100'000, 1000), 10'000, 250);
  EXPECT_NEAR(admitted(gate, {1}, now, 10s, 100'000, 1000), 50'000, 500);
  EXPECT_NEAR(admitted(gate, {0}, now, 10s, 500, 1), 5'000, 1);
}

TEST(KernelGate, OneSourceTakesHalfOfIt) {
  KernelGate gate(two_ports(1600, 1600));
  Instant now = Instant() + 1h;
  EXPECT_NEAR(admitted(gate, {0}, now, 10s, 100'000, 1), 8'500, 40);
}

// Whether a source gets a packet through while another floods: unless both have one share.
int unharmed(Ipv6Address flood, bool is_on_link, const std::vector<Ipv6Address>& others) {
  KernelGate gate(two_ports(1000, 1000), 7);
  const Instant now = Instant() + 1h;
  while (gate.admit({0}, KernelTraffic::kConversation, flood, is_on_link, now)) {
  }
  int count = 0;
  for (const Ipv6Address& other : others) {
    count += gate.admit({0}, KernelTraffic::kConversation, other, is_on_link, now);
  }
  return count;
}

TEST(KernelGate, AFloodLeavesOthersTheirShares) {
  std::vector<Ipv6Address> others(8), neighbors(8);
  for (std::uint8_t i = 0; i < 8; ++i) {
    others[i].bytes[7] = static_cast<std::uint8_t>(i + 1);
    neighbors[i].bytes[15] = static_cast<std::uint8_t>(i + 1);
  }
  EXPECT_GE(unharmed({}, false, others), 6);
  EXPECT_EQ(unharmed({}, false, neighbors), 0) << "a /64 is one source";
  EXPECT_GE(unharmed({}, true, neighbors), 6) << "but on the link";
}

TEST(KernelGate, NoClassAndNoPortStarvesAnother) {
  KernelGate gate(two_ports(1000, 1000));
  const Instant now = Instant() + 1h;
  const auto admit = [&](PortId port, KernelTraffic traffic) {
    return gate.admit(port, traffic, nth_host(1), false, now);
  };
  while (admit({0}, KernelTraffic::kOther)) {
  }
  EXPECT_TRUE(admit({0}, KernelTraffic::kConversation));
  EXPECT_TRUE(admit({0}, KernelTraffic::kRouting));
  EXPECT_TRUE(admit({1}, KernelTraffic::kOther));
  EXPECT_FALSE(admit({0}, KernelTraffic::kOther));
}

TEST(KernelGate, KnowsTheTuplesThatTheKernelSpeaksOn) {
  KernelGate gate(two_ports(1000, 1000));
  const Tuple<Ipv4Address> v4{{Be32::from_host(1)},
                              {Be32::from_host(2)},
                              L4Port::from_host(179),
                              L4Port::from_host(40000),
                              Protocol::kTcp};
  Tuple<Ipv4Address> other_port = v4, other_protocol = v4;
  other_port.source_port = L4Port::from_host(180);
  other_protocol.protocol = Protocol::kUdp;
  const Tuple<Ipv6Address> v6{
      {}, {}, L4Port::from_host(179), L4Port::from_host(40000), Protocol::kTcp};
  EXPECT_EQ(gate.classify(v4), KernelTraffic::kOther);
  gate.note_sent(v4);
  EXPECT_EQ(gate.classify(v4), KernelTraffic::kConversation);
  EXPECT_EQ(gate.classify(other_port), KernelTraffic::kOther);
  EXPECT_EQ(gate.classify(other_protocol), KernelTraffic::kOther);
  EXPECT_EQ(gate.classify(v6), KernelTraffic::kOther);
  gate.note_sent(v6);
  EXPECT_EQ(gate.classify(v6), KernelTraffic::kConversation);
}

}  // namespace
}  // namespace portico
