#include "dataplane/runtime/settle.h"

#include <gtest/gtest.h>

#include "tests/support/packet/frame.h"
#include "tests/support/packet/memory_io.h"

namespace portico {
namespace {

// What stages marked, where it ended, and what was counted.
class Settle : public testing::Test {
 protected:
  // Packets with these verdicts, settled as one burst; the first consists of "a", and so on.
  void settle(const std::vector<Verdict>& verdicts) {
    for (std::size_t i = 0; i < verdicts.size(); ++i) {
      io_.arrive({0}, std::string(60, static_cast<char>('a' + i)));
    }
    io_.receive({0}, {0}, burst_);
    for (std::size_t i = 0; i < verdicts.size(); ++i) burst_.packets[i].verdict = verdicts[i];
    portico::settle(burst_, {0}, exits_, counts_);
  }
  // What waits in the ring, in order; a letter for each packet.
  std::string waiting(HandOverRing& ring) {
    std::array<void*, kBurstSize> handles;
    io_.open_all(handles.data(), ring.pop(handles.data(), handles.size()), burst_);
    std::string letters;
    for (const Packet& packet : burst_) letters += static_cast<char>(packet.data[0]);
    return letters;
  }
  std::uint64_t drops(DropReason reason) const {
    return counts_.drops[static_cast<std::size_t>(reason)].get();
  }

  MemoryIo io_{2};
  PuntRing slow_path_{"settle-slow-path", 3, -1};
  HandOverRing other_worker_{"settle-hand-over", 3, -1};
  HandOverRing third_worker_{"settle-hand-over-2", 3, -1};
  std::vector<HandOverRing*> workers_{nullptr, &other_worker_, &third_worker_};
  Fragmenter fragmenter_{io_, {0}, 1, 0};
  Exits exits_{io_, slow_path_, workers_, &fragmenter_};
  WorkerCounts counts_;
  Burst burst_;
};

TEST_F(Settle, EveryPacketEndsOnceAndIsCounted) {
  settle({Verdict::forward({1}), Verdict::drop(DropReason::no_route),
          Verdict::punt(PuntReason::kNeighborMissing, {1}), Verdict::hand_over({1}),
          Verdict::forward({0}), Verdict::forward({1})});
  EXPECT_EQ(counts_.sent.get(), 3u);
  EXPECT_EQ(counts_.punted.get(), 1u);
  EXPECT_EQ(counts_.handed_over.get(), 1u);
  EXPECT_EQ(counts_.dropped(), 1u);
  EXPECT_EQ(drops(DropReason::no_route), 1u);
  EXPECT_EQ(io_.take_sent().size(), 3u);
  EXPECT_EQ(io_.held(), 2u);  // in the rings
}

TEST_F(Settle, ARefusalIsSentAndCountedUnderItsReason) {
  settle({Verdict::refuse(DropReason::service_has_no_endpoint, {0}), Verdict::forward({1}),
          Verdict::refuse(DropReason::ttl_exceeded, {0})});
  EXPECT_EQ(counts_.sent.get(), 3u);
  EXPECT_EQ(counts_.dropped(), 0u);
  const auto refusals = [this](DropReason reason) {
    return counts_.refusals[static_cast<std::size_t>(reason)].get();
  };
  EXPECT_EQ(refusals(DropReason::service_has_no_endpoint), 1u);
  EXPECT_EQ(refusals(DropReason::ttl_exceeded), 1u);
  EXPECT_EQ(refusals(DropReason::service_port_unknown), 0u);
  EXPECT_EQ(io_.take_sent()[0].port, PortId{0});
}

TEST_F(Settle, DropsWhatTheSlowPathHasNoRoomFor) {
  settle(std::vector<Verdict>(5, Verdict::punt(PuntReason::kNeighborMissing, {1})));
  EXPECT_EQ(counts_.punted.get(), slow_path_.capacity());
  EXPECT_EQ(drops(DropReason::slow_path_full), 5 - slow_path_.capacity());
  EXPECT_EQ(io_.held(), slow_path_.capacity());
}

TEST_F(Settle, WhatIsTheKernelsHasAQueueOfItsOwn) {
  PuntRing kernel("settle-kernel", 1, -1);
  const Verdict for_kernel = Verdict::punt(PuntReason::kForKernel, {0});
  settle({for_kernel});  // nobody is there to take it
  EXPECT_EQ(drops(DropReason::kernel_queue_full), 1u);
  Exits exits{io_, slow_path_, workers_, nullptr, &kernel};
  for (int i = 0; i < 5; ++i) io_.arrive({0}, std::string(60, 'x'));
  io_.receive({0}, {0}, burst_);
  for (Packet& packet : burst_) packet.verdict = for_kernel;
  portico::settle(burst_, {0}, exits, counts_);
  EXPECT_EQ(counts_.punted.get(), kernel.capacity());
  EXPECT_EQ(drops(DropReason::kernel_queue_full), 6 - kernel.capacity());
  EXPECT_EQ(io_.held(), kernel.capacity());
}

TEST_F(Settle, DropsWhatTheOwnerHasNoRoomFor) {
  settle(std::vector<Verdict>(5, Verdict::hand_over({1})));
  EXPECT_EQ(counts_.handed_over.get(), other_worker_.capacity());
  EXPECT_EQ(drops(DropReason::hand_over_full), 5 - other_worker_.capacity());
  EXPECT_EQ(io_.held(), other_worker_.capacity());
}

// The packets of a burst reach each owner in the order in which they came, whoever else's are among
// them, and what one has no room for does not keep others from theirs.
TEST_F(Settle, HandsOverToEachOwnerInOrderAsFarAsThereIsRoom) {
  const Verdict one = Verdict::hand_over({1}), two = Verdict::hand_over({2});
  settle({one});
  settle({one, two, one, Verdict::forward({1}), one, two});
  EXPECT_EQ(counts_.handed_over.get(), 5u);
  EXPECT_EQ(drops(DropReason::hand_over_full), 1u);
  EXPECT_EQ(counts_.sent.get(), 1u);
  EXPECT_EQ(io_.held(), 5u);
  EXPECT_EQ(waiting(other_worker_), "aac") << "not e, which came last";
  EXPECT_EQ(waiting(third_worker_), "bf");
  settle({two, one});
  EXPECT_EQ(waiting(other_worker_) + waiting(third_worker_), "ba") << "there is room again";
}

TEST_F(Settle, SendsInTheOrderInWhichPacketsCame) {
  const Verdict here = Verdict::forward({1});
  for (const std::vector<Verdict>& verdicts : {std::vector<Verdict>{here, here, here},
                                               {here, Verdict::drop(DropReason::no_route), here}}) {
    settle(verdicts);
    std::string letters;
    for (const MemoryIo::Sent& sent : io_.take_sent()) letters += sent.frame[0];
    EXPECT_EQ(letters, verdicts[1] == here ? "abc" : "ac");
  }
  EXPECT_EQ(counts_.sent.get(), 5u);
}

TEST_F(Settle, DropsWhatThePortHasNoRoomFor) {
  io_.set_room({1}, 2);
  settle(
      {Verdict::forward({1}), Verdict::forward({1}), Verdict::forward({1}), Verdict::forward({0})});
  EXPECT_EQ(counts_.sent.get(), 3u);
  EXPECT_EQ(drops(DropReason::transmit_full), 1u);
  EXPECT_EQ(io_.held(), 0u);
}

// 1,020 bytes of UDP, in fragments of at most 576: 20 + 552 and 20 + 448.
TEST_F(Settle, CutsUpWhatIsTooLargeOrDropsAllOfIt) {
  FrameSpec spec;
  spec.protocol = Protocol::kUdp;
  spec.source = *IpAddress::parse("10.20.0.10");
  spec.destination = *IpAddress::parse("10.100.3.59");
  spec.payload = 992;
  for (const std::size_t memory : {3u, 2u}) {
    io_.set_memory(memory);  // the packet itself takes one
    io_.arrive({0}, build_frame(spec));
    io_.receive({0}, {0}, burst_);
    Packet& packet = burst_.packets[0];
    packet.l3_offset = 14;
    packet.l4_offset = 34;
    packet.ip_length = 1020;
    packet.fragment_size = 576;
    packet.verdict = Verdict::forward({1});
    portico::settle(burst_, {0}, exits_, counts_);
    EXPECT_EQ(io_.held(), 0u);
    EXPECT_EQ(io_.take_sent().size(), memory == 3 ? 2 : 0);
  }
  EXPECT_EQ(counts_.sent.get(), 2u);
  EXPECT_EQ(counts_.fragmented.get(), 1u);
  EXPECT_EQ(counts_.fragments_made.get(), 2u);
  EXPECT_EQ(drops(DropReason::no_packet_memory), 1u);
}

}  // namespace
}  // namespace portico
