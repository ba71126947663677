#include "dataplane/runtime/settle.h"

#include <gtest/gtest.h>

#include "tests/support/packet/memory_io.h"

namespace portico {
namespace {

// What stages marked, where it ended, and what was counted.
class Settle : public testing::Test {
 protected:
  // Packets with these verdicts, settled as one burst.
  void settle(const std::vector<Verdict>& verdicts) {
    for (std::size_t i = 0; i < verdicts.size(); ++i) io_.arrive({0}, std::string(60, 'x'));
    io_.receive({0}, {0}, burst_);
    for (std::size_t i = 0; i < verdicts.size(); ++i) burst_.packets[i].verdict = verdicts[i];
    portico::settle(burst_, {0}, exits_, counts_);
  }
  std::uint64_t drops(DropReason reason) const {
    return counts_.drops[static_cast<std::size_t>(reason)].get();
  }

  MemoryIo io_{2};
  PuntRing slow_path_{"settle-slow-path", 3, -1};
  HandOverRing other_worker_{"settle-hand-over", 3, -1};
  std::vector<HandOverRing*> workers_{nullptr, &other_worker_};
  Exits exits_{io_, slow_path_, workers_};
  WorkerCounts counts_;
  Burst burst_;
};

TEST_F(Settle, EveryPacketEndsOnceAndIsCounted) {
  settle({Verdict::forward({1}), Verdict::drop(DropReason::no_route),
          Verdict::punt(PuntReason::kNeighborMissing, {1}), Verdict::hand_over({1}),
          Verdict::forward({0}), Verdict::forward({1})});
  EXPECT_EQ(counts_.received.get(), 6u);
  EXPECT_EQ(counts_.sent.get(), 3u);
  EXPECT_EQ(counts_.punted.get(), 1u);
  EXPECT_EQ(counts_.handed_over.get(), 1u);
  EXPECT_EQ(counts_.dropped(), 1u);
  EXPECT_EQ(drops(DropReason::no_route), 1u);
  EXPECT_EQ(io_.take_sent().size(), 3u);
  EXPECT_EQ(io_.held(), 2u);  // in the rings
}

TEST_F(Settle, DropsWhatTheSlowPathHasNoRoomFor) {
  settle(std::vector<Verdict>(5, Verdict::punt(PuntReason::kNeighborMissing, {1})));
  EXPECT_EQ(counts_.punted.get(), slow_path_.capacity());
  EXPECT_EQ(drops(DropReason::slow_path_full), 5 - slow_path_.capacity());
  EXPECT_EQ(io_.held(), slow_path_.capacity());
}

TEST_F(Settle, DropsWhatTheOwnerHasNoRoomFor) {
  settle(std::vector<Verdict>(5, Verdict::hand_over({1})));
  EXPECT_EQ(counts_.handed_over.get(), other_worker_.capacity());
  EXPECT_EQ(drops(DropReason::hand_over_full), 5 - other_worker_.capacity());
  EXPECT_EQ(io_.held(), other_worker_.capacity());
}

TEST_F(Settle, DropsWhatThePortHasNoRoomFor) {
  io_.set_room({1}, 2);
  settle(
      {Verdict::forward({1}), Verdict::forward({1}), Verdict::forward({1}), Verdict::forward({0})});
  EXPECT_EQ(counts_.sent.get(), 3u);
  EXPECT_EQ(drops(DropReason::transmit_full), 1u);
  EXPECT_EQ(io_.held(), 0u);
}

}  // namespace
}  // namespace portico
