#include "dataplane/io/ethdev_io.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "dataplane/packet/segment.h"

namespace portico {
namespace {

using testing::HasSubstr;

constexpr WorkerId kWorker{0};
constexpr PortId kPort{0};

PortConfig port(const std::string& name, const std::string& device) {
  PortConfig config;
  config.name = name;
  config.device = device;
  config.queue_depth = 256;
  return config;
}

GatewayConfig gateway(const std::vector<PortConfig>& ports) {
  GatewayConfig config;
  config.ports = ports;
  return config;
}

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
  b.mtu = 9000;
  b.queue_depth = 4096;
  b.mac = *MacAddress::parse("02:00:00:00:00:01");
  const std::vector<DeviceUse> devices = devices_of({a, c, b});
  ASSERT_EQ(devices.size(), 2);
  EXPECT_EQ(devices[0].ports, (std::vector<std::size_t>{0, 2}));
  EXPECT_EQ(devices[0].settings.name, "a");
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

// net_null has as many queues as it is asked for, and always something in them.
TEST(EthdevIo, EachWorkerHasAQueueWhereTheDeviceHasThem) {
  auto io = EthdevIo::open(gateway({port("a", "net_null0"), port("b", "net_null1")}), 2);
  ASSERT_TRUE(io.ok()) << io.status();
  for (std::uint16_t p = 0; p < 2; ++p) {
    EXPECT_EQ((*io)->describe(PortId{p}).rx_queues, 2);
    for (std::uint16_t worker = 0; worker < 2; ++worker) {
      Burst burst;
      (*io)->receive(WorkerId{worker}, PortId{p}, burst);
      ASSERT_EQ(burst.count, kBurstSize);
      std::array<Packet*, kBurstSize> packets;
      for (std::size_t i = 0; i < kBurstSize; ++i) packets[i] = &burst.packets[i];
      EXPECT_EQ((*io)->send(WorkerId{worker}, PortId{p}, packets.data(), kBurstSize), kBurstSize);
    }
  }
}

// A capture file (draft-ietf-opsawg-pcap, section 4) with one frame of 60 bytes.
std::string capture_of_one_frame() {
  const std::string path = testing::TempDir() + "ethdev_io_test_in.pcap";
  const std::array<std::uint32_t, 10> headers = {0xa1b2c3d4, 0x00040002, 0, 0,  65535,
                                                 1,          0,          0, 60, 60};
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(headers.data()), sizeof headers);
  file << std::string(60, 'x');
  return path;
}

// net_pcap has one queue for each file. Ports with less queues than workers take turns in whose
// they are; all workers may send, one after the other.
TEST(EthdevIo, WorkersShareSingleQueuePorts) {
  const std::string in = capture_of_one_frame();
  const std::string out = testing::TempDir() + "ethdev_io_test_out";
  const auto capture = [&](const std::string& number) {
    return port(number, "net_pcap" + number + ",rx_pcap=" + in + ",tx_pcap=" + out + number);
  };
  {
    auto opened = EthdevIo::open(gateway({capture("0"), capture("1")}), 2);
    ASSERT_TRUE(opened.ok()) << opened.status();
    EthdevIo& io = **opened;
    for (std::uint16_t p = 0; p < 2; ++p) {
      EXPECT_EQ(io.describe(PortId{p}).rx_queues, 1);
      Burst burst;
      io.receive(WorkerId{static_cast<std::uint16_t>(1 - p)}, PortId{p}, burst);
      EXPECT_EQ(burst.count, 0) << "port " << p;
      io.receive(WorkerId{p}, PortId{p}, burst);
      ASSERT_EQ(burst.count, 1) << "port " << p;
      EXPECT_EQ(burst.packets[0].length, 60);
      Packet another;
      ASSERT_TRUE(io.allocate(100, another));
      Packet* const packets[] = {&burst.packets[0], &another};
      EXPECT_EQ(io.send(WorkerId{0}, PortId{p}, &packets[0], 1), 1);
      EXPECT_EQ(io.send(WorkerId{1}, PortId{p}, &packets[1], 1), 1);
      EXPECT_EQ(io.describe(PortId{p}).tx_packets, 2);
    }
  }
  for (const char* number : {"0", "1"}) {
    EXPECT_EQ(std::filesystem::file_size(out + number), 24 + 16 + 60 + 16 + 100);
    std::filesystem::remove(out + number);
  }
  std::filesystem::remove(in);
}

TEST(EthdevIo, OpensAgainAfterItWasClosed) {
  for (int i = 0; i < 3; ++i) {
    auto io = EthdevIo::open(gateway({port("a", "net_ring0"), port("b", "net_null0")}), 1);
    ASSERT_TRUE(io.ok()) << io.status();
  }
}

TEST(EthdevIo, ErrorsNameThePortAndTheDevice) {
  const struct {
    std::vector<PortConfig> ports;
    absl::StatusCode code;
    std::vector<std::string> words;
  } cases[] = {
      {{port("north", "net_ring0"), port("south", "net_nonsense0")},
       absl::StatusCode::kNotFound,
       {"\"south\"", "\"net_nonsense0\""}},
      {{port("north", "net_af_packet0,iface=no-such-if")},
       absl::StatusCode::kNotFound,
       {"\"north\"", "no network interface \"no-such-if\""}},
      {{port("north", "0000:ff:1f.7")}, absl::StatusCode::kNotFound, {"\"north\"", "vfio-pci"}},
      {{port("north", "net_ring0"), port("south", "net_ring0,again=1")},
       absl::StatusCode::kAlreadyExists,
       {"\"south\"", "another port"}},
  };
  for (const auto& c : cases) {
    const auto io = EthdevIo::open(gateway(c.ports), 1);
    ASSERT_FALSE(io.ok());
    EXPECT_EQ(io.status().code(), c.code) << io.status();
    for (const std::string& word : c.words) {
      EXPECT_THAT(std::string(io.status().message()), HasSubstr(word));
    }
  }
  EXPECT_TRUE(EthdevIo::open(gateway({port("north", "net_ring0")}), 1).ok())
      << "a failure leaves nothing behind";
}

}  // namespace
}  // namespace portico
