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

// How many are admitted when `rate` of them come each second, evenly.
int admitted(KernelGate& gate, PortId port, KernelTraffic traffic, Instant& now, Duration duration,
             int rate) {
  int count = 0;
  const Duration step = Duration(std::chrono::seconds(1)) / rate;
  for (const Instant end = now + duration; now < end; now += step) {
    count += gate.admit(port, traffic, now);
  }
  return count;
}

TEST(KernelGate, AdmitsTheRateInTheLongRun) {
  KernelGate gate(two_ports(1000, 5000));
  Instant now = Instant() + 1h;
  EXPECT_NEAR(admitted(gate, {0}, KernelTraffic::kOther, now, 10s, 100'000), 10'000, 40);
  EXPECT_NEAR(admitted(gate, {1}, KernelTraffic::kOther, now, 10s, 100'000), 50'000, 110);
  EXPECT_NEAR(admitted(gate, {0}, KernelTraffic::kOther, now, 10s, 500), 5'000, 1);
}

TEST(KernelGate, NoClassAndNoPortStarvesAnother) {
  KernelGate gate(two_ports(1000, 1000));
  const Instant now = Instant() + 1h;
  while (gate.admit({0}, KernelTraffic::kOther, now)) {
  }
  EXPECT_TRUE(gate.admit({0}, KernelTraffic::kConversation, now));
  EXPECT_TRUE(gate.admit({0}, KernelTraffic::kRouting, now));
  EXPECT_TRUE(gate.admit({1}, KernelTraffic::kOther, now));
  EXPECT_FALSE(gate.admit({0}, KernelTraffic::kOther, now));
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
