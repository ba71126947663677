// Checksums that are left to others, with devices that know of them: net_vhost and net_virtio_user,
// the two ends of one virtual link. One is the gateway's, the other the virtual machine's.

#include <gtest/gtest.h>
#include <rte_dev.h>
#include <rte_ethdev.h>
#include <rte_net.h>

#include <chrono>
#include <cstring>
#include <thread>

#include "dataplane/io/ethdev_io.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/dataplane/io/configs.h"
#include "tests/unit/dataplane/io/frames.h"

namespace portico {
namespace {

constexpr WorkerId kWorker{0};
constexpr PortId kPort{0}, kRing{1};
constexpr auto kPatience = std::chrono::seconds(60);
constexpr std::uint64_t kRxOffloads = RTE_ETH_RX_OFFLOAD_TCP_CKSUM | RTE_ETH_RX_OFFLOAD_UDP_CKSUM;
constexpr std::uint64_t kTxOffloads = RTE_ETH_TX_OFFLOAD_TCP_CKSUM | RTE_ETH_TX_OFFLOAD_UDP_CKSUM;

// Until `done` or the end of all patience.
template <typename Done>
bool wait_for(Done done) {
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (!done()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::yield();
  }
  return true;
}

// A frame, and whether its checksum is still missing: the field has the pseudo header's sum.
struct Received {
  std::string frame;
  bool checksum_missing = false;
};

// The other end of the link, driven by DPDK's functions alone.
class Peer {
 public:
  Peer(const std::string& name, const std::string& arguments, std::uint64_t rx, std::uint64_t tx) {
    pool_ = rte_pktmbuf_pool_create("peer", 2047, 0, 0, 4096, -1);
    EXPECT_EQ(rte_dev_probe((name + "," + arguments).c_str()), 0);
    EXPECT_EQ(rte_eth_dev_get_port_by_name(name.c_str(), &id_), 0);
    rte_eth_conf wanted{};
    wanted.rxmode.offloads = rx;
    wanted.txmode.offloads = tx;
    EXPECT_EQ(rte_eth_dev_configure(id_, 1, 1, &wanted), 0);
    EXPECT_EQ(rte_eth_rx_queue_setup(id_, 0, 256, 0, nullptr, pool_), 0);
    EXPECT_EQ(rte_eth_tx_queue_setup(id_, 0, 256, 0, nullptr), 0);
    EXPECT_EQ(rte_eth_dev_start(id_), 0);
  }
  ~Peer() {
    rte_eth_dev_info info{};
    rte_eth_dev_info_get(id_, &info);
    rte_eth_dev_stop(id_);
    rte_eth_dev_close(id_);
    rte_dev_remove(info.device);
    rte_mempool_free(pool_);
  }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  // `offload`: leaves the checksum to whom it may concern, as an operating system does.
  void send(const std::string& frame, bool offload) {
    rte_mbuf* mbuf = rte_pktmbuf_alloc(pool_);
    std::memcpy(rte_pktmbuf_append(mbuf, static_cast<std::uint16_t>(frame.size())), frame.data(),
                frame.size());
    if (offload) {
      rte_net_hdr_lens lengths{};
      const std::uint32_t type = rte_net_get_ptype(mbuf, &lengths, RTE_PTYPE_ALL_MASK);
      mbuf->l2_len = lengths.l2_len & 0x7f;
      mbuf->l3_len = lengths.l3_len & 0x1ff;
      mbuf->ol_flags |= (RTE_ETH_IS_IPV4_HDR(type) ? RTE_MBUF_F_TX_IPV4 : RTE_MBUF_F_TX_IPV6) |
                        ((type & RTE_PTYPE_L4_MASK) == RTE_PTYPE_L4_UDP ? RTE_MBUF_F_TX_UDP_CKSUM
                                                                        : RTE_MBUF_F_TX_TCP_CKSUM);
      EXPECT_EQ(rte_net_intel_cksum_prepare(mbuf), 0);
    }
    EXPECT_TRUE(wait_for([&] { return rte_eth_tx_burst(id_, 0, &mbuf, 1) == 1; }));
  }

  Received receive() {
    rte_mbuf* mbuf = nullptr;
    if (!wait_for([&] { return rte_eth_rx_burst(id_, 0, &mbuf, 1) == 1; })) {
      ADD_FAILURE() << "nothing arrived";
      return {};
    }
    const Received received = {
        std::string(rte_pktmbuf_mtod(mbuf, const char*), mbuf->data_len),
        (mbuf->ol_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK) == RTE_MBUF_F_RX_L4_CKSUM_NONE};
    rte_pktmbuf_free(mbuf);
    return received;
  }

 private:
  std::uint16_t id_ = 0;
  rte_mempool* pool_ = nullptr;
};

// Which end is whose.
struct Link {
  const char* gateway;
  const char* peer;
  const char* socket;  // the key of its argument, at the gateway's and at the peer's end
  const char* peer_socket;
};
constexpr Link kGuest = {"net_virtio_user0", "net_vhost0", "path", "iface"};
constexpr Link kHost = {"net_vhost0", "net_virtio_user0", "iface", "path"};

std::vector<FrameSpec> specs() {
  std::vector<FrameSpec> all;
  for (const Protocol protocol : {Protocol::kTcp, Protocol::kUdp}) {
    for (const bool v4 : {true, false}) {
      FrameSpec spec = spec_of(v4, protocol);
      spec.payload = 101;
      all.push_back(spec);
    }
  }
  return all;
}

FrameSpec translated(FrameSpec spec) {
  spec.source = *IpAddress::parse(spec.source.is_v4() ? "172.16.7.9" : "fd00:99::abcd");
  spec.source_port = 54321;
  return spec;
}

FrameSpec left(FrameSpec spec) {
  spec.checksum = FrameSpec::Checksum::kLeft;
  return spec;
}

class VirtioTest : public testing::TestWithParam<Link> {
 protected:
  // The server's end, net_vhost, must be there first; and the other must go first.
  void open(std::uint64_t peer_rx = kRxOffloads, std::uint64_t peer_tx = kTxOffloads) {
    const Link& link = GetParam();
    const std::string socket = "=" + (folder_ / "socket").string();
    const auto open_gateway = [&] {
      auto io = EthdevIo::open(gateway({port("link", link.gateway + ("," + (link.socket + socket))),
                                        port("ring", "net_ring0")}),
                               1);
      ASSERT_TRUE(io.ok()) << io.status();
      io_ = *std::move(io);
    };
    const auto open_peer = [&] {
      peer_ = std::make_unique<Peer>(link.peer, link.peer_socket + socket, peer_rx, peer_tx);
    };
    if (link.gateway == kHost.gateway) open_gateway();
    open_peer();
    if (link.gateway == kGuest.gateway) open_gateway();
  }
  void TearDown() override {
    if (GetParam().gateway == kGuest.gateway) io_.reset();
    peer_.reset();
  }
  // What comes next by the port.
  Packet* receive(PortId port) {
    EXPECT_TRUE(wait_for([&] {
      io_->receive(kWorker, port, burst_);
      return burst_.count > 0;
    })) << "nothing arrived";
    return &burst_.packets[0];
  }
  // Sends by the port what has come by the link, with another source address and port, and the
  // update of RFC 1624 that leads nowhere here.
  void forward(const FrameSpec& other, PortId out) {
    Packet* const packet = receive(kPort);
    EXPECT_TRUE(packet->checksum_missing);
    io_->close(*packet);  // through a ring, to another worker
    io_->open(packet->handle, *packet);
    EXPECT_TRUE(packet->checksum_missing);
    const std::string frame = build_frame(other);
    ASSERT_EQ(packet->length, frame.size());
    std::memcpy(packet->data, frame.data(), frame.size());
    std::memset(packet->data + checksum_at(other), 0x77, 2);
    EXPECT_TRUE(wait_for([&] { return io_->send(kWorker, out, &packet, 1) == 1; }));
  }
  // What comes back to the peer of a packet whose checksum it has left to others.
  Received send_around(const FrameSpec& spec) {
    peer_->send(build_frame(spec), true);
    forward(translated(spec), kPort);
    return peer_->receive();
  }
  static std::size_t checksum_at(const FrameSpec& spec) {
    return 14 + (spec.source.is_v4() ? 20u : 40u) + (spec.protocol == Protocol::kUdp ? 6u : 16u);
  }

  TemporaryFolder folder_;
  std::unique_ptr<EthdevIo> io_;
  std::unique_ptr<Peer> peer_;
  Burst burst_;
};

TEST_P(VirtioTest, AMissingChecksumIsLeftToTheNext) {
  open();
  for (const FrameSpec& spec : specs()) {
    const Received received = send_around(spec);
    EXPECT_TRUE(received.checksum_missing) << spec.to_string();
    EXPECT_EQ(received.frame, build_frame(left(translated(spec)))) << spec.to_string();
  }
}

TEST_P(VirtioTest, AMissingChecksumIsWrittenWhereTheDeviceDoesNot) {
  open();
  for (const FrameSpec& spec : specs()) {
    SCOPED_TRACE(spec.to_string());
    peer_->send(build_frame(spec), true);
    forward(translated(spec), kRing);
    Packet* const packet = receive(kRing);
    EXPECT_FALSE(packet->checksum_missing);
    EXPECT_EQ(std::string(reinterpret_cast<const char*>(packet->data), packet->length),
              build_frame(translated(spec)));
    io_->free(&packet, 1);
  }
}

TEST_P(VirtioTest, AMissingChecksumIsWrittenForAPeerThatWantsIt) {
  open(0);
  for (const FrameSpec& spec : specs()) {
    const Received received = send_around(spec);
    EXPECT_FALSE(received.checksum_missing) << spec.to_string();
    EXPECT_EQ(received.frame, build_frame(translated(spec))) << spec.to_string();
  }
}

TEST_P(VirtioTest, WhatHasAChecksumKeepsIt) {
  open();
  for (FrameSpec spec : specs()) {
    const bool may_have_none = spec.protocol == Protocol::kUdp && spec.source.is_v4();
    for (const auto checksum :
         {FrameSpec::Checksum::kRight, FrameSpec::Checksum::kWrong,
          may_have_none ? FrameSpec::Checksum::kZero : FrameSpec::Checksum::kRight}) {
      spec.checksum = checksum;
      SCOPED_TRACE(spec.to_string());
      peer_->send(build_frame(spec), false);
      Packet* const packet = receive(kPort);
      EXPECT_FALSE(packet->checksum_missing);
      EXPECT_TRUE(wait_for([&] { return io_->send(kWorker, kPort, &packet, 1) == 1; }));
      const Received received = peer_->receive();
      EXPECT_FALSE(received.checksum_missing);
      EXPECT_EQ(received.frame, build_frame(spec));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Ends, VirtioTest, testing::Values(kGuest, kHost), [](const auto& end) {
  return end.param.gateway == kGuest.gateway ? "guest" : "host";
});

}  // namespace
}  // namespace portico
