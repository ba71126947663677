// EthdevIo's ports beyond one cable: queues, files, errors.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <fstream>

#include "dataplane/io/ethdev_io.h"
#include "tests/unit/dataplane/io/configs.h"

namespace portico {
namespace {

using testing::HasSubstr;

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
