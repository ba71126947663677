// Frames that were cut or whose headers were hurt: never a crash, never forwarded when bytes are
// missing, always counted. Each frame lies in memory of exactly its size, so that a sanitizer sees
// every byte that is read too far.

#include "tests/property/dataplane/playground.h"
#include "tests/support/property_seed.h"

namespace portico {
namespace {

class BadPackets : public DataPlaneProperty {
 protected:
  // One of each kind that the gateway does something with.
  static std::vector<std::string> good_frames(const Playground& playground, World& world) {
    std::vector<FrameSpec> specs(6, playground.to_service(1000));
    specs[1].options = true;
    specs[1].payload = 33;
    specs[2].kind = FrameKind::kEcho;
    specs[2].payload = 20;
    specs[3].kind = FrameKind::kAsk;
    specs[3].destination = world.address("gwup");
    specs[4].kind = FrameKind::kAnswer;
    specs[4].destination = world.address("gwup");
    specs[5].ttl = 1;
    std::vector<std::string> frames;
    for (const FrameSpec& spec : specs) frames.push_back(build_frame(spec));
    return frames;
  }
};
INSTANTIATE_TEST_SUITE_P(All, BadPackets, DataPlaneProperty::all(), DataPlaneProperty::name);

TEST_P(BadPackets, CutAtEveryByteAreCountedAndGoNowhere) {
  Playground playground(GetParam().first, GetParam().second, 1);
  for (const std::string& frame : good_frames(playground, playground.world())) {
    for (std::size_t length = 0; length < frame.size(); ++length) {
      SCOPED_TRACE(std::to_string(length) + " of " + std::to_string(frame.size()) + " bytes");
      const Outcome outcome = playground.exchange("uplink", frame.substr(0, length));
      EXPECT_TRUE(outcome.sent.empty());
      EXPECT_EQ(outcome.drops.size(), 1u);
    }
  }
}

// Whatever the bytes are: the books balance, and what is sent has a right IPv4 header.
TEST_P(BadPackets, HurtHeadersDoNoHarm) {
  const std::uint64_t seed = property_seed();
  SCOPED_TRACE(how_to_repeat(seed));
  Playground playground(GetParam().first, GetParam().second, seed);
  const std::vector<std::string> frames = good_frames(playground, playground.world());
  for (int i = 0; i < 4000 && !HasFailure(); ++i) {
    std::string frame = frames[playground.below(static_cast<unsigned>(frames.size()))];
    // The destination MAC address stays, or nothing would be read any further.
    for (unsigned changes = 1 + playground.below(3); changes > 0; --changes) {
      frame[12 + playground.below(static_cast<unsigned>(frame.size() - 12))] =
          static_cast<char>(playground.random()());
    }
    if (v4() && playground.below(4) > 0) {
      const std::size_t header = (static_cast<std::uint8_t>(frame[14]) & 15u) * 4u;
      frame.replace(24, 2, 2, '\0');
      const std::uint16_t sum = plain_checksum(frame.substr(14, header));
      frame[24] = static_cast<char>(sum >> 8);
      frame[25] = static_cast<char>(sum);
    }
    // What waited to be put together with it may end together with it.
    const std::size_t waited = playground.world().io().fragments_held();
    const Outcome outcome = playground.exchange("uplink", frame);
    EXPECT_LE(outcome.sent.size() + outcome.drops.size(), 2u + waited);
    for (const MemoryIo::Sent& sent : outcome.sent) {
      if (sent.frame.substr(12, 2) != std::string("\x08\x00", 2)) continue;
      const std::size_t header = (static_cast<std::uint8_t>(sent.frame[14]) & 15u) * 4u;
      EXPECT_EQ(plain_checksum(sent.frame.substr(14, header)), 0);
    }
  }
}

}  // namespace
}  // namespace portico
