// Random valid packets there and back: what leaves is what came, but for what translation changes,
// and its checksums are those that a full recomputation gives.

#include "tests/property/dataplane/playground.h"
#include "tests/support/property_seed.h"

namespace portico {
namespace {

class Translation : public DataPlaneProperty {};
INSTANTIATE_TEST_SUITE_P(All, Translation, DataPlaneProperty::all(), DataPlaneProperty::name);

void vary(FrameSpec& spec, Playground& playground) {
  spec.ttl = static_cast<std::uint8_t>(2 + playground.below(254));
  spec.payload = static_cast<std::uint16_t>(playground.below(1400));
  spec.options = playground.below(2) == 0;
  spec.padding = static_cast<std::uint16_t>(playground.below(2) * playground.below(64));
  const unsigned checksum = playground.below(8);
  if (checksum == 0) spec.checksum = FrameSpec::Checksum::kWrong;
  if (checksum == 1 && spec.protocol == Protocol::kUdp) {
    spec.checksum = FrameSpec::Checksum::kZero;
  }
}

// The one frame that was sent, which must carry all of `in` that is not translated.
FrameSpec expect_forwarded(const Outcome& outcome, const FrameSpec& in) {
  EXPECT_TRUE(outcome.drops.empty());
  EXPECT_EQ(outcome.sent.size(), 1u);
  if (outcome.sent.size() != 1) return {};
  const ReadFrame out = read_frame(outcome.sent[0].frame);
  SCOPED_TRACE(in.to_string() + "  =>  " + out.spec.to_string());
  EXPECT_EQ(out.error, "");
  EXPECT_TRUE(out.payload_is_pattern);
  EXPECT_EQ(out.spec.protocol, in.protocol);
  EXPECT_EQ(out.spec.ttl, in.ttl - 1);
  EXPECT_EQ(out.spec.payload, in.payload);
  EXPECT_EQ(out.spec.options, in.options);
  EXPECT_EQ(out.spec.checksum, in.checksum);
  EXPECT_EQ(out.spec.sctp_chunks, in.sctp_chunks);
  EXPECT_EQ(out.spec.tcp_flags, in.protocol == Protocol::kTcp ? in.tcp_flags : 0);
  return out.spec;
}

TEST_P(Translation, ThereAndBack) {
  const std::uint64_t seed = property_seed();
  SCOPED_TRACE(how_to_repeat(seed));
  Playground playground(GetParam().first, GetParam().second, seed);
  const World& world = playground.world();
  for (int i = 0; i < 1500 && !HasFailure(); ++i) {
    const bool preserve = playground.below(2) == 0;
    FrameSpec there =
        playground.to_service(static_cast<std::uint16_t>(1 + playground.below(65535)));
    if (preserve) there.destination = world.address("vip2");
    vary(there, playground);
    const FrameSpec seen =
        expect_forwarded(playground.exchange("uplink", build_frame(there)), there);
    EXPECT_EQ(seen.source, world.address(preserve ? "client" : "gw"));
    EXPECT_EQ(seen.destination, world.address(preserve ? "pod3" : "pod1"));
    EXPECT_EQ(seen.destination_port, 8080);

    FrameSpec back = playground.data("downlink", preserve ? "pod3" : "pod1", 8080, seen.source,
                                     seen.source_port);
    vary(back, playground);
    const FrameSpec got =
        expect_forwarded(playground.exchange("downlink", build_frame(back)), back);
    EXPECT_EQ(got.source, there.destination);
    EXPECT_EQ(got.source_port, 80);
    EXPECT_EQ(got.destination, there.source);
    EXPECT_EQ(got.destination_port, there.source_port);
  }
}

unsigned word_at(const std::string& bytes, std::size_t at) {
  return static_cast<std::uint8_t>(bytes[at]) * 256u + static_cast<std::uint8_t>(bytes[at + 1]);
}
void put_word(std::string& bytes, std::size_t at, unsigned word) {
  bytes[at] = static_cast<char>(word >> 8);
  bytes[at + 1] = static_cast<char>(word);
}
unsigned add_in_ones_complement(unsigned a, unsigned b) {
  const unsigned sum = a + b;
  return (sum & 0xffff) + (sum >> 16);
}

// RFC 768: a UDP checksum that is computed as zero is sent as all ones. The payload is chosen so
// that it is: adding the checksum to one word of what it is about makes the whole sum all ones.
TEST_P(Translation, ComputedZeroIsSentAsAllOnes) {
  if (!udp()) return;
  Playground playground(GetParam().first, GetParam().second, 1);
  const std::size_t udp_at = v4() ? 14 + 20 : 14 + 40;
  for (std::uint16_t port = 1; port <= 50; ++port) {
    FrameSpec spec = playground.to_service(port);
    spec.payload = 2;
    std::string frame = build_frame(spec);
    const Outcome first = playground.exchange("uplink", frame);
    ASSERT_EQ(first.sent.size(), 1u);
    const unsigned translated = word_at(first.sent[0].frame, udp_at + 6);

    put_word(frame, udp_at + 8, add_in_ones_complement(word_at(frame, udp_at + 8), translated));
    const unsigned before = word_at(frame, udp_at + 6);
    const unsigned after = 0xffff & ~add_in_ones_complement(0xffff & ~before, translated);
    put_word(frame, udp_at + 6, after == 0 ? 0xffff : after);
    ASSERT_EQ(read_frame(frame).spec.checksum, FrameSpec::Checksum::kRight) << "a bug in this test";
    const Outcome second = playground.exchange("uplink", frame);
    ASSERT_EQ(second.sent.size(), 1u);
    EXPECT_EQ(word_at(second.sent[0].frame, udp_at + 6), 0xffffu) << "client port " << port;
  }
}

}  // namespace
}  // namespace portico
