#include "dataplane/io/ethdev_io.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstring>

#include "dataplane/packet/segment.h"
#include "tests/unit/dataplane/io/configs.h"

namespace portico {
namespace {

constexpr WorkerId kWorker{0};
constexpr PortId kPort{0};

// net_ring gives back what is sent to it: a cable plugged into its own other end.
class LoopTest : public testing::Test {
 protected:
  void SetUp() override { open(gateway({port("loop", "net_ring0")}), 1); }
  void open(const GatewayConfig& config, std::uint16_t workers) {
    auto io = EthdevIo::open(config, workers);
    ASSERT_TRUE(io.ok()) << io.status();
    io_ = *std::move(io);
  }
  Packet frame(std::uint32_t length, std::uint8_t fill) {
    Packet packet;
    EXPECT_TRUE(io_->allocate(length, packet));
    std::memset(packet.data, fill, length);
    return packet;
  }
  void free_all(Burst& burst) {
    for (Packet& packet : burst) {
      Packet* p = &packet;
      io_->free(&p, 1);
    }
  }

  std::unique_ptr<EthdevIo> io_;
  Burst burst_;
};

TEST_F(LoopTest, WhatIsSentArrives) {
  Packet one = frame(60, 0xaa);
  Packet two = frame(1514, 0xbb);
  const std::array<Packet*, 2> packets = {&one, &two};
  EXPECT_EQ(io_->send(kWorker, kPort, packets.data(), 2), 2);
  io_->receive(kWorker, kPort, burst_);
  ASSERT_EQ(burst_.count, 2);
  EXPECT_EQ(burst_.packets[0].length, 60);
  EXPECT_EQ(burst_.packets[0].data[59], 0xaa);
  EXPECT_EQ(burst_.packets[1].length, 1514);
  EXPECT_EQ(burst_.packets[1].contiguous, 1514);
  EXPECT_EQ(burst_.packets[1].data[1513], 0xbb);
  free_all(burst_);
  io_->receive(kWorker, kPort, burst_);
  EXPECT_EQ(burst_.count, 0);
}

// A device with a VLAN for each of two ports is opened once. What it receives comes in by the
// first.
TEST_F(LoopTest, TwoPortsShareADevice) {
  io_.reset();
  PortConfig up = port("up", "net_ring1");
  PortConfig down = port("down", "net_ring1");
  up.vlan = 100;
  down.vlan = 200;
  open(gateway({port("other", "net_ring0"), up, down}), 1);
  EXPECT_EQ(io_->port_count(), 3);
  EXPECT_EQ(io_->mac(PortId{1}), io_->mac(PortId{2}));
  for (const PortId out : {PortId{1}, PortId{2}}) {
    Packet sent = frame(60, 0);
    Packet* const packet = &sent;
    EXPECT_EQ(io_->send(kWorker, out, &packet, 1), 1);
    io_->receive(kWorker, PortId{2}, burst_);
    EXPECT_EQ(burst_.count, 0);
    io_->receive(kWorker, PortId{1}, burst_);
    ASSERT_EQ(burst_.count, 1);
    EXPECT_EQ(burst_.packets[0].in_port, PortId{1});
    free_all(burst_);
  }
  EXPECT_EQ(io_->describe(PortId{2}).vlan, 200);
  EXPECT_EQ(io_->describe(PortId{2}).tx_packets, 2);  // the device's
}

TEST(Devices, AreOpenedWithWhatAllTheirPortsNeed) {
  PortConfig a = port("a", "net_ring0"), b = port("b", "net_ring0"), c = port("c", "net_ring1");
  b.vlan = 7;
  a.uplink = b.downlink = true;
  b.mtu = 9000;
  b.queue_depth = 4096;
  b.mac = *MacAddress::parse("02:00:00:00:00:01");
  const std::vector<DeviceUse> devices = devices_of({a, c, b});
  ASSERT_EQ(devices.size(), 2);
  EXPECT_EQ(devices[0].ports, (std::vector<std::size_t>{0, 2}));
  EXPECT_EQ(devices[0].settings.name, "a");
  EXPECT_TRUE(devices[0].settings.uplink);
  EXPECT_TRUE(devices[0].settings.downlink);
  EXPECT_EQ(devices[0].settings.mtu, 9000);
  EXPECT_EQ(devices[0].settings.queue_depth, 4096);
  EXPECT_EQ(devices[0].settings.mac, b.mac);
  EXPECT_EQ(devices[0].settings.vlan, 7);
  EXPECT_EQ(devices[1].ports, std::vector<std::size_t>{1});
}

TEST_F(LoopTest, ReceivedPacketsAreCleared) {
  burst_.packets[0].verdict = Verdict::drop(DropReason::no_route);
  burst_.packets[0].is_ip = true;
  Packet sent = frame(60, 0);
  Packet* const packet = &sent;
  io_->send(kWorker, kPort, &packet, 1);
  io_->receive(kWorker, kPort, burst_);
  ASSERT_EQ(burst_.count, 1);
  EXPECT_TRUE(burst_.packets[0].undecided());
  EXPECT_FALSE(burst_.packets[0].is_ip);
  EXPECT_FALSE(burst_.packets[0].connection.found());
  free_all(burst_);
}

TEST_F(LoopTest, MovedBeginningAndLengthAreSent) {
  Packet sent = frame(100, 0x11);
  const std::uint16_t headroom = sent.headroom;
  ASSERT_GE(headroom, 4);
  sent.prepend(4);
  std::memset(sent.data, 0x22, 4);
  sent.truncate(50);
  Packet* const packet = &sent;
  io_->send(kWorker, kPort, &packet, 1);
  io_->receive(kWorker, kPort, burst_);
  ASSERT_EQ(burst_.count, 1);
  const Packet& got = burst_.packets[0];
  EXPECT_EQ(got.length, 50);
  EXPECT_EQ(got.headroom, headroom - 4);
  EXPECT_EQ(got.data[3], 0x22);
  EXPECT_EQ(got.data[4], 0x11);
  free_all(burst_);
}

TEST_F(LoopTest, HandleTravelsWithWhatStagesChanged) {
  Packet before = frame(100, 0x33);
  before.in_port = PortId{7};
  before.prepend(4);
  before.truncate(60);
  io_->close(before);
  Packet after;
  after.is_ip = true;
  io_->open(before.handle, after);
  EXPECT_EQ(after.data, before.data);
  EXPECT_EQ(after.length, 60);
  EXPECT_EQ(after.contiguous, 60);
  EXPECT_EQ(after.headroom, before.headroom);
  EXPECT_EQ(after.in_port, PortId{7});
  EXPECT_FALSE(after.is_ip);
  Packet* const packet = &after;
  io_->free(&packet, 1);
}

TEST_F(LoopTest, FullQueueTakesTheFirst) {
  // net_ring has a ring of 1024 places, one of which stays empty.
  std::vector<Packet> packets(1200);
  std::vector<Packet*> pointers;
  for (Packet& packet : packets) {
    packet = frame(60, 0);
    std::memcpy(packet.data, &pointers.emplace_back(&packet), sizeof(Packet*));
  }
  const std::size_t sent = io_->send(kWorker, kPort, pointers.data(), pointers.size());
  EXPECT_GT(sent, 0);
  EXPECT_LT(sent, packets.size());
  io_->free(pointers.data() + sent, pointers.size() - sent);
  std::size_t received = 0;
  for (io_->receive(kWorker, kPort, burst_); burst_.count > 0;
       io_->receive(kWorker, kPort, burst_)) {
    for (const Packet& packet : burst_) {
      Packet* expected;
      std::memcpy(&expected, packet.data, sizeof expected);
      EXPECT_EQ(expected, pointers[received++]) << "out of order";
    }
    free_all(burst_);
  }
  EXPECT_EQ(received, sent);
}

TEST_F(LoopTest, NoMemoryIsNoPacket) {
  Packet packet;
  EXPECT_FALSE(io_->allocate(10'000, packet)) << "longer than a buffer";
  std::vector<Packet> all(100'000);
  std::vector<Packet*> pointers;
  for (Packet& p : all) {
    if (!io_->allocate(60, p)) break;
    pointers.push_back(&p);
  }
  EXPECT_LT(pointers.size(), all.size());
  io_->free(pointers.data(), pointers.size());
  EXPECT_TRUE(io_->allocate(60, packet));
  Packet* const one = &packet;
  io_->free(&one, 1);
}

TEST_F(LoopTest, DescribesThePort) {
  io_.reset();
  PortConfig config = port("north", "net_ring0");
  config.uplink = true;
  config.mtu = 1400;
  config.addresses = {{IpAddress::parse("10.20.0.1").value(), 24}};
  config.mac = MacAddress{{0x02, 0, 0, 0, 0, 0x42}};
  open(gateway({config}), 1);
  Packet sent = frame(60, 0);
  Packet* const packet = &sent;
  io_->send(kWorker, kPort, &packet, 1);
  io_->receive(kWorker, kPort, burst_);
  free_all(burst_);
  const PortInfo info = io_->describe(kPort);
  EXPECT_EQ(info.name, "north");
  EXPECT_EQ(info.device, "net_ring0");
  EXPECT_EQ(info.driver, "net_ring");
  EXPECT_EQ(info.mac, config.mac);
  EXPECT_EQ(io_->mac(kPort), config.mac);
  EXPECT_THAT(info.addresses, testing::ElementsAre("10.20.0.1/24"));
  EXPECT_TRUE(info.uplink);
  EXPECT_FALSE(info.downlink);
  EXPECT_TRUE(info.link_up);
  EXPECT_EQ(info.mtu, 1400);
  EXPECT_EQ(info.rx_queues, 1);
  EXPECT_EQ(info.rx_packets, 1);
  EXPECT_EQ(info.tx_packets, 1);
}

// A fragment of UDP in IPv4, as parse() marks it: bytes [begin, begin + size) of a datagram.
void make_fragment(Packet& packet, std::uint16_t begin, bool more) {
  std::memset(packet.data, 0, packet.length);
  packet.l3_offset = 14;
  packet.l4_offset = 34;
  packet.ip_length = packet.length - 14;
  std::uint8_t* const ip = packet.data + 14;
  ip[0] = 0x45;
  ip[2] = static_cast<std::uint8_t>(packet.ip_length >> 8);
  ip[3] = static_cast<std::uint8_t>(packet.ip_length);
  ip[6] = static_cast<std::uint8_t>((more ? 0x20 : 0) | begin >> 11);
  ip[7] = static_cast<std::uint8_t>(begin >> 3);
  for (std::uint32_t i = 34; i < packet.length; ++i) {
    packet.data[i] = static_cast<std::uint8_t>(begin + i - 34);
  }
}

// What fragments have become lies in two mbufs; it travels through rings, loses its end when an
// error quotes it, is sent, and all its memory comes back.
TEST_F(LoopTest, WholePacketsOfFragmentsLieInPieces) {
  for (int i = 0; i < 20'000 && !HasFailure(); ++i) {
    Packet last = frame(34 + 800, 0);
    make_fragment(last, 800, false);
    EXPECT_EQ(io_->reassemble(kWorker, last, {}).joined, 0);
    Packet first = frame(34 + 800, 0);
    make_fragment(first, 0, true);
    ASSERT_EQ(io_->reassemble(kWorker, first, {}).joined, 2);
    EXPECT_EQ(first.length, 34u + 1600);
    EXPECT_EQ(first.contiguous, 34u + 800);
    EXPECT_EQ(first.largest_fragment, 820);
    io_->close(first);
    Packet again;
    io_->open(first.handle, again);
    EXPECT_EQ(again.largest_fragment, 820);
    ASSERT_NE(again.rest, nullptr);
    EXPECT_EQ(again.rest->length, 800u);
    EXPECT_EQ(again.rest->data[1], static_cast<std::uint8_t>(801));
    if (i % 2 == 0) again.truncate(60);
    Packet* const packet = &again;
    ASSERT_EQ(io_->send(kWorker, kPort, &packet, 1), 1);
    io_->receive(kWorker, kPort, burst_);
    ASSERT_EQ(burst_.count, 1);
    EXPECT_EQ(burst_.packets[0].length, i % 2 == 0 ? 60u : 34u + 1600);
    EXPECT_EQ(burst_.packets[0].largest_fragment, 0) << "it has arrived whole";
    free_all(burst_);
  }
}

TEST_F(LoopTest, ForgottenFragmentsGiveTheirMemoryBack) {
  Instant now{};
  for (int i = 0; i < 30'000 && !HasFailure(); ++i) {
    Packet fragment = frame(34 + 800, 0);
    make_fragment(fragment, 0, true);
    fragment.data[18] = static_cast<std::uint8_t>(i >> 8);  // identification
    fragment.data[19] = static_cast<std::uint8_t>(i);
    io_->reassemble(kWorker, fragment, now);
  }
  std::uint32_t expired = 0;
  now += std::chrono::seconds(30);
  while (const std::uint32_t some = io_->expire_fragments(kWorker, now)) expired += some;
  EXPECT_EQ(expired, FragmentConfig().capacity);
}

TEST_F(LoopTest, JumboFramesFit) {
  io_.reset();
  PortConfig config = port("jumbo", "net_ring0");
  config.mtu = 9600;
  open(gateway({config}), 1);
  Packet sent = frame(9614, 0x5a);
  Packet* const packet = &sent;
  ASSERT_EQ(io_->send(kWorker, kPort, &packet, 1), 1);
  io_->receive(kWorker, kPort, burst_);
  ASSERT_EQ(burst_.count, 1);
  EXPECT_EQ(burst_.packets[0].length, 9614);
  EXPECT_EQ(burst_.packets[0].data[9613], 0x5a);
  free_all(burst_);
}

// Each worker has a queue of its own; net_ring gives it back what it sent itself.
TEST_F(LoopTest, WorkersHaveQueuesOfTheirOwn) {
  io_.reset();
  open(gateway({port("a", "net_ring0"), port("b", "net_ring1")}), 2);
  for (std::uint16_t p = 0; p < 2; ++p) {
    EXPECT_EQ(io_->describe(PortId{p}).rx_queues, 2);
    for (std::uint16_t worker = 0; worker < 2; ++worker) {
      Packet sent = frame(60, 0);
      Packet* const packet = &sent;
      ASSERT_EQ(io_->send(WorkerId{worker}, PortId{p}, &packet, 1), 1);
      io_->receive(WorkerId{static_cast<std::uint16_t>(1 - worker)}, PortId{p}, burst_);
      EXPECT_EQ(burst_.count, 0);
      io_->receive(WorkerId{worker}, PortId{p}, burst_);
      ASSERT_EQ(burst_.count, 1);
      EXPECT_EQ(burst_.packets[0].in_port, PortId{p});
      free_all(burst_);
    }
  }
}

}  // namespace
}  // namespace portico
