#include "dataplane/runtime/neighbor_resolver.h"

#include <gtest/gtest.h>

#include "tests/support/packet/frame.h"
#include "tests/support/packet/memory_io.h"
#include "tests/unit/dataplane/runtime/runtime_fixture.h"

namespace portico {
namespace {

constexpr MacAddress kNode{{0x02, 0, 0, 0, 1, 51}};
constexpr PortId kDownlink{1};

class NeighborResolverTest : public testing::TestWithParam<const char*> {
 protected:
  // A frame of `length` bytes, by which it is known again, waits for `address`.
  void wait(const IpAddress& address, std::size_t length = 60) {
    io_.arrive(kDownlink, std::string(length, 'x'));
    Burst burst;
    io_.receive({0}, kDownlink, burst);
    resolver_.wait(burst.packets[0], kDownlink, address, now_);
  }
  // What has left since the last call.
  std::vector<std::string> sent() {
    std::vector<std::string> frames;
    OutgoingPacket outgoing;
    while (outbox_.pop(&outgoing, 1) == 1) {
      Packet packet;
      io_.open(outgoing.handle, packet);
      frames.emplace_back(reinterpret_cast<const char*>(packet.data), packet.length);
      Packet* const packets[] = {&packet};
      io_.free(packets, 1);
    }
    return frames;
  }
  bool pass(Duration time) {
    now_ += time;
    return resolver_.tick(now_);
  }
  std::uint64_t drops(DropReason reason) const {
    return counts_.drops[static_cast<std::size_t>(reason)].get();
  }
  std::string state() const {
    const auto list = resolver_.list(now_);
    return list.empty() ? "" : list[0].state;
  }

  const IpAddress node_ = ip(GetParam());
  MemoryIo io_{2};
  PortTable ports_ = two_ports();
  NeighborTable table_{2};
  OutboxRing outbox_{"resolver-outbox", 63, -1};
  WorkerCounts counts_;
  SlowPathExits exits_{io_, outbox_, counts_};
  NeighborResolver resolver_{ports_, table_, exits_};
  Instant now_ = Instant() + std::chrono::hours(1);
};
INSTANTIATE_TEST_SUITE_P(Families, NeighborResolverTest,
                         testing::Values("10.12.22.151", "2001:db8:12::151"),
                         [](const auto& family) { return family.index == 0 ? "ipv4" : "ipv6"; });

TEST_P(NeighborResolverTest, AsksOnceAndSendsInOrderWhenAnswered) {
  wait(node_, 60);
  wait(node_, 61);
  const auto asked = sent();
  ASSERT_EQ(asked.size(), 1u);
  const ReadFrame request = read_frame(asked[0]);
  EXPECT_EQ(request.error, "");
  EXPECT_EQ(request.spec.kind, FrameKind::kAsk);
  EXPECT_EQ(request.spec.destination, node_);
  EXPECT_EQ(request.spec.checksum, FrameSpec::Checksum::kRight);
  EXPECT_TRUE(request.spec.destination_mac.is_multicast());
  EXPECT_EQ(state(), "INCOMPLETE");
  EXPECT_FALSE(table_.find(kDownlink, node_));

  resolver_.learn(kDownlink, node_, kNode, now_);
  const auto left = sent();
  ASSERT_EQ(left.size(), 2u);
  EXPECT_EQ(left[0].size(), 60u);
  EXPECT_EQ(left[1].size(), 61u);
  EXPECT_EQ(left[0].substr(0, 6), std::string("\x02\0\0\0\x01\x33", 6));
  EXPECT_EQ(table_.find(kDownlink, node_), kNode);
  EXPECT_EQ(state(), "REACHABLE");
  wait(node_, 62);  // was on its way while the answer came
  EXPECT_EQ(sent().size(), 1u);
  EXPECT_EQ(io_.held(), 0u);
}

TEST_P(NeighborResolverTest, GivesUpAfterThreeRequests) {
  wait(node_);
  wait(node_);
  EXPECT_EQ(sent().size(), 1u);
  for (int request = 2; request <= NeighborResolver::kMaxRequests; ++request) {
    EXPECT_FALSE(pass(std::chrono::milliseconds(999)));
    EXPECT_EQ(sent().size(), 0u);
    EXPECT_FALSE(pass(std::chrono::milliseconds(1)));
    EXPECT_EQ(sent().size(), 1u);
  }
  EXPECT_EQ(drops(DropReason::neighbor_unresolved), 0u);
  EXPECT_FALSE(pass(std::chrono::seconds(1))) << "workers have never seen it";
  EXPECT_EQ(drops(DropReason::neighbor_unresolved), 2u);
  EXPECT_EQ(io_.held(), 0u);
  EXPECT_EQ(state(), "");
  resolver_.learn(kDownlink, node_, kNode, now_);  // too late
  EXPECT_FALSE(table_.find(kDownlink, node_));
}

TEST_P(NeighborResolverTest, AsksAgainWhoIsUsedAndForgetsWhoIsNot) {
  wait(node_);
  resolver_.learn(kDownlink, node_, kNode, now_);
  sent();
  EXPECT_TRUE(table_.find(kDownlink, node_));  // used
  EXPECT_FALSE(pass(std::chrono::seconds(30)));
  EXPECT_EQ(state(), "PROBE");
  const auto asked = sent();
  ASSERT_EQ(asked.size(), 1u);
  EXPECT_EQ(read_frame(asked[0]).spec.destination_mac, kNode);
  EXPECT_EQ(table_.find(kDownlink, node_), kNode) << "goes on to be used";

  resolver_.learn(kDownlink, node_, kNode, now_);
  EXPECT_TRUE(table_.take_used(kDownlink, node_));
  EXPECT_TRUE(pass(std::chrono::seconds(30))) << "nobody has used it";
  EXPECT_FALSE(table_.find(kDownlink, node_));
  EXPECT_EQ(sent().size(), 0u);
}

TEST_P(NeighborResolverTest, ForgetsWhoNoLongerAnswers) {
  wait(node_);
  resolver_.learn(kDownlink, node_, kNode, now_);
  EXPECT_TRUE(table_.find(kDownlink, node_));
  EXPECT_FALSE(pass(std::chrono::seconds(30)));
  EXPECT_FALSE(pass(std::chrono::seconds(1)));
  EXPECT_FALSE(pass(std::chrono::seconds(1)));
  EXPECT_TRUE(pass(std::chrono::seconds(1)));
  EXPECT_EQ(sent().size(), 1u + 1u + 3u);
  EXPECT_FALSE(table_.find(kDownlink, node_));
}

TEST_P(NeighborResolverTest, BelievesOnlyAnswersToItsQuestions) {
  resolver_.learn(kDownlink, node_, kNode, now_);
  EXPECT_FALSE(table_.find(kDownlink, node_));
  wait(node_);
  resolver_.learn({0}, node_, kNode, now_);  // by another port
  resolver_.learn(kDownlink, node_, kBroadcastMac, now_);
  resolver_.learn(kDownlink, node_, {}, now_);
  EXPECT_FALSE(table_.find(kDownlink, node_));
  EXPECT_EQ(state(), "INCOMPLETE");
  resolver_.learn(kDownlink, node_, kNode, now_);
  sent();
}

TEST_P(NeighborResolverTest, Bounds) {
  for (std::size_t i = 0; i < NeighborResolver::kQueueSize + 2; ++i) wait(node_);
  EXPECT_EQ(drops(DropReason::neighbor_queue_full), 2u);
  EXPECT_EQ(resolver_.list(now_)[0].queued_packets, NeighborResolver::kQueueSize);
  wait(ip("10.12.22.8"));
  wait(ip("10.12.22.9"));  // a third neighbor, in a table of two
  EXPECT_EQ(drops(DropReason::neighbor_queue_full), 3u);
  EXPECT_EQ(resolver_.list(now_).size(), 2u);
  resolver_.learn(kDownlink, node_, kNode, now_);
  resolver_.learn(kDownlink, ip("10.12.22.8"), kNode, now_);
  sent();
  EXPECT_EQ(io_.held(), 0u);
}

// What the kernel has just heard counts where nothing better is known.
TEST_P(NeighborResolverTest, AHintFillsInWhatIsMissing) {
  resolver_.hint(kDownlink, node_, kNode, now_);
  EXPECT_EQ(state(), "REACHABLE");
  EXPECT_EQ(table_.find(kDownlink, node_), kNode);
  wait(node_);
  EXPECT_EQ(sent().size(), 1u) << "the packet, and no question";
  // As any other: it is probed when it is used, and goes when it does not answer.
  pass(NeighborResolver::kReachableTime);
  EXPECT_EQ(state(), "PROBE");
  for (int i = 0; i < NeighborResolver::kMaxRequests; ++i) pass(NeighborResolver::kRequestInterval);
  EXPECT_EQ(state(), "");
}

TEST_P(NeighborResolverTest, AHintAnswersAQuestion) {
  wait(node_);
  EXPECT_EQ(sent().size(), 1u);
  resolver_.hint(kDownlink, node_, kNode, now_);
  EXPECT_EQ(state(), "REACHABLE");
  EXPECT_EQ(sent().size(), 1u);
}

TEST_P(NeighborResolverTest, AHintNeverOverridesAnAnswer) {
  wait(node_);
  resolver_.learn(kDownlink, node_, kNode, now_);
  sent();
  const MacAddress other{{0x02, 0, 0, 0, 9, 9}};
  resolver_.hint(kDownlink, node_, other, now_);
  EXPECT_EQ(table_.find(kDownlink, node_), kNode);
  EXPECT_EQ(sent().size(), 0u);
  pass(NeighborResolver::kReachableTime);
  resolver_.hint(kDownlink, node_, other, now_);
  EXPECT_EQ(table_.find(kDownlink, node_), kNode) << "it is being probed";
}

TEST_P(NeighborResolverTest, APermanentNeighborStaysUntilItIsGone) {
  wait(node_);
  resolver_.learn(kDownlink, node_, kNode, now_);
  sent();
  const MacAddress set{{0x02, 0, 0, 0, 9, 9}};
  resolver_.set_permanent(kDownlink, node_, set, now_);
  EXPECT_EQ(state(), "PERMANENT");
  EXPECT_EQ(table_.find(kDownlink, node_), set);
  resolver_.learn(kDownlink, node_, kNode, now_);
  for (int i = 0; i < 10; ++i) pass(NeighborResolver::kReachableTime);
  EXPECT_EQ(table_.find(kDownlink, node_), set);
  EXPECT_EQ(sent().size(), 0u);
  EXPECT_TRUE(resolver_.end_permanence(kDownlink, node_, now_));
  EXPECT_FALSE(resolver_.end_permanence(kDownlink, node_, now_));
  EXPECT_EQ(state(), "");
  EXPECT_FALSE(table_.find(kDownlink, node_));
}

TEST_P(NeighborResolverTest, WhatTheKernelTellsHasNoMoreRoomThanAnythingElse) {
  const IpAddress base = node_;
  for (std::uint8_t i = 0; i < 10; ++i) {
    std::string bytes(reinterpret_cast<const char*>(base.data()), base.size());
    bytes.back() = static_cast<char>(i);
    resolver_.hint(kDownlink, *IpAddress::from_bytes(bytes), kNode, now_);
    resolver_.set_permanent(kDownlink, *IpAddress::from_bytes(bytes), kNode, now_);
  }
  EXPECT_LE(resolver_.list(now_).size(), table_.capacity());
}

}  // namespace
}  // namespace portico
