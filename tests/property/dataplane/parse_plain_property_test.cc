// What is plain is parsed by fewer steps (net/parse_plain.h), with the same result. Frames with
// some bytes changed: whatever parse_plain() takes, parse_frame() takes, and finds the same.

#include "dataplane/net/parse.h"
#include "dataplane/net/parse_plain.h"
#include "tests/property/dataplane/playground.h"
#include "tests/support/property_seed.h"

namespace portico {
namespace {

class ParsePlain : public DataPlaneProperty {};
INSTANTIATE_TEST_SUITE_P(All, ParsePlain, DataPlaneProperty::all(), DataPlaneProperty::name);

void right_header_checksum(std::string& frame) {
  frame.replace(24, 2, 2, '\0');
  const std::uint16_t sum = plain_checksum(frame.substr(14, 20));
  frame[24] = static_cast<char>(sum >> 8);
  frame[25] = static_cast<char>(sum);
}

TEST_P(ParsePlain, FindsWhatParseFrameFinds) {
  const std::uint64_t seed = property_seed();
  SCOPED_TRACE(how_to_repeat(seed));
  Playground playground(GetParam().first, GetParam().second, seed, 1, 256);
  const MacAddress mac = World::mac("uplink");
  int plain_frames = 0, others = 0;
  for (int i = 0; i < 20'000; ++i) {
    FrameSpec spec = playground.to_service(static_cast<std::uint16_t>(playground.below(65536)));
    spec.payload = static_cast<std::uint16_t>(playground.below(40));
    spec.options = playground.below(8) == 0;
    std::string frame = build_frame(spec);
    for (unsigned changes = playground.below(3); changes > 0; --changes) {
      frame[playground.below(static_cast<unsigned>(frame.size()))] =
          static_cast<char>(playground.random()());
    }
    if (v4() && playground.below(4) > 0) right_header_checksum(frame);
    if (playground.below(8) == 0) {
      frame.resize(playground.below(static_cast<unsigned>(frame.size())) + 1);
    }
    Packet by_steps;
    by_steps.data = reinterpret_cast<std::uint8_t*>(frame.data());
    by_steps.length = by_steps.contiguous = static_cast<std::uint32_t>(frame.size());
    Packet plain = by_steps;
    const bool is_plain = parse_plain(plain, mac);
    is_plain ? ++plain_frames : ++others;
    if (!is_plain) {
      EXPECT_FALSE(plain.is_ip);
      continue;
    }
    parse_frame(by_steps, {mac, std::nullopt});
    ASSERT_TRUE(by_steps.undecided()) << to_string(by_steps.verdict.drop_reason());
    EXPECT_TRUE(by_steps.is_ip && plain.is_ip);
    EXPECT_EQ(plain.family, by_steps.family);
    EXPECT_EQ(plain.protocol, by_steps.protocol);
    EXPECT_EQ(plain.tcp_flags, by_steps.tcp_flags);
    EXPECT_EQ(plain.l3_offset, by_steps.l3_offset);
    EXPECT_EQ(plain.l4_offset, by_steps.l4_offset);
    EXPECT_EQ(plain.payload_offset, by_steps.payload_offset);
    EXPECT_EQ(plain.ip_length, by_steps.ip_length);
    EXPECT_EQ(plain.source_port, by_steps.source_port);
    EXPECT_EQ(plain.destination_port, by_steps.destination_port);
  }
  EXPECT_GT(others, 2000);
  if (GetParam().second != Protocol::kSctp) {
    EXPECT_GT(plain_frames, 5000);
  }
}

}  // namespace
}  // namespace portico
