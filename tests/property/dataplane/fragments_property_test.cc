// Random packets, cut anywhere, that arrive in any order and partly twice: what leaves is the same
// packet, translated, in fragments no larger than those that came.

#include <algorithm>

#include "tests/property/dataplane/playground.h"
#include "tests/support/packet/fragments.h"
#include "tests/support/property_seed.h"

namespace portico {
namespace {

class Fragments : public DataPlaneProperty {
 protected:
  // Up to eight fragments of the frame, the first with all headers.
  static std::vector<FragmentRange> cut(Playground& playground, std::size_t payload) {
    std::vector<std::size_t> ends = {0, payload};
    for (unsigned i = 1 + playground.below(7); i > 0; --i) {
      ends.push_back(24 + 8 * playground.below(static_cast<unsigned>((payload - 25) / 8)));
    }
    std::sort(ends.begin(), ends.end());
    ends.erase(std::unique(ends.begin(), ends.end()), ends.end());
    std::vector<FragmentRange> ranges;
    for (std::size_t i = 0; i + 1 < ends.size(); ++i) {
      ranges.push_back({ends[i], ends[i + 1], i + 2 == ends.size()});
    }
    std::shuffle(ranges.begin(), ranges.end(), playground.random());
    return ranges;
  }
  static bool fits(const std::vector<FragmentRange>& ranges) {
    return ranges.size() > 1 &&
           std::all_of(ranges.begin(), ranges.end(),
                       [](const FragmentRange& range) { return range.end - range.begin <= 1400; });
  }
};
INSTANTIATE_TEST_SUITE_P(All, Fragments, DataPlaneProperty::all(), DataPlaneProperty::name);

TEST_P(Fragments, BecomeTheSamePacket) {
  const std::uint64_t seed = property_seed();
  SCOPED_TRACE(how_to_repeat(seed));
  Playground playground(GetParam().first, GetParam().second, seed);
  std::uint32_t id = 0;
  for (int i = 0; i < 1000 && !HasFailure(); ++i) {
    FrameSpec spec = playground.to_service(static_cast<std::uint16_t>(1000 + i));
    spec.payload = static_cast<std::uint16_t>(40 + playground.below(4000));
    spec.options = playground.below(4) == 0;
    spec.dont_fragment = playground.below(2) == 0;
    const std::string frame = build_frame(spec);
    const std::vector<FragmentRange> ranges = cut(playground, ip_payload(frame));
    if (!fits(ranges)) continue;
    ++id;
    std::vector<std::string> sent;
    std::size_t largest = 0;
    for (const FragmentRange& range : ranges) {
      const std::string fragment = cut_frame(frame, range, id);
      largest = std::max(largest, fragment.size() - 14);
      Outcome outcome = playground.exchange("uplink", fragment);
      EXPECT_TRUE(outcome.drops.empty());
      for (MemoryIo::Sent& one : outcome.sent) sent.push_back(std::move(one.frame));
      if (!sent.empty() || playground.below(4) > 0) continue;
      outcome = playground.exchange("uplink", fragment);
      EXPECT_EQ(outcome.drops, std::vector{DropReason::fragment_duplicate});
    }
    ASSERT_FALSE(sent.empty());
    const JoinedFrame joined = join_frames(sent);
    EXPECT_EQ(joined.error, "");
    EXPECT_LE(joined.largest, std::max<std::size_t>(largest, v4() ? 68 : 1280));
    const ReadFrame read = read_frame(joined.frame);
    EXPECT_EQ(read.error, "");
    EXPECT_EQ(read.spec.payload, spec.payload);
    EXPECT_TRUE(read.payload_is_pattern);
    EXPECT_EQ(read.spec.checksum, FrameSpec::Checksum::kRight);
    EXPECT_EQ(read.spec.options, spec.options);
  }
}

}  // namespace
}  // namespace portico
