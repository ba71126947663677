// Random ICMP errors about random packets of a connection: what leaves quotes what the sender sent,
// as the tests' own builder makes it, to the byte; and no length, no bytes lead outside the frame.

#include "tests/property/dataplane/playground.h"
#include "tests/support/packet/icmp_messages.h"
#include "tests/support/property_seed.h"

namespace portico {
namespace {

class IcmpErrors : public DataPlaneProperty {
 protected:
  static constexpr std::size_t kLink = 14;

  // A packet as it arrives beyond the gateway, and the same as its sender sent it.
  struct Quoted {
    FrameSpec translated, original;
  };

  // Opens a connection from this port of the client.
  void open(Playground& playground, std::uint16_t client_port) {
    client_port_ = client_port;
    const Outcome outcome =
        playground.exchange("uplink", build_frame(playground.to_service(client_port)));
    ASSERT_EQ(outcome.sent.size(), 1u);
    seen_port_ = read_frame(outcome.sent[0].frame).spec.source_port;
  }

  Quoted random_quoted(Playground& playground, bool by_client) {
    const World& world = playground.world();
    FrameSpec to = playground.data("uplink", "client", client_port_, world.address("vip"), 80);
    to.ttl = static_cast<std::uint8_t>(playground.below(256));
    to.payload = static_cast<std::uint16_t>(playground.below(400));
    to.options = playground.below(3) == 0;
    to.sequence = playground.below(1u << 31);
    if (playground.below(4) == 0 && udp()) to.checksum = FrameSpec::Checksum::kZero;
    Quoted quoted{to, to};
    FrameSpec& far = by_client ? quoted.translated : quoted.original;
    far.source = world.address("gw");
    far.source_port = seen_port_;
    far.destination = world.address("pod1");
    far.destination_port = 8080;
    if (!by_client) {
      for (FrameSpec* spec : {&quoted.translated, &quoted.original}) {
        std::swap(spec->source, spec->destination);
        std::swap(spec->source_port, spec->destination_port);
      }
    }
    return quoted;
  }

  // An error about it, from a router on its way.
  FrameSpec error(Playground& playground, const Quoted& quoted, bool by_client) {
    const char* const kNames[] = {"too-big", "port-unreachable", "time-exceeded",
                                  "parameter-problem"};
    const IcmpMessage& message = icmp_messages().at(kNames[playground.below(4)]);
    FrameSpec spec =
        playground.data(by_client ? "downlink" : "uplink", by_client ? "node1" : "client2", 0,
                        quoted.translated.source, 0);
    spec.kind = FrameKind::kError;
    spec.icmp_type = (v4() ? message.v4 : message.v6).type;
    spec.icmp_code = (v4() ? message.v4 : message.v6).code;
    spec.icmp_rest = spec.icmp_type == (v4() ? 3 : 2) ? 1400 : 0;  // no length of RFC 4884
    spec.quoted = build_frame(quoted.translated).substr(kLink);
    return spec;
  }

  std::size_t l4_at(const FrameSpec& quoted) const {
    return v4() ? 20u + (quoted.options ? 4 : 0) : 40u + (quoted.options ? 16 : 0);
  }
  // Whether a quote that ends there cuts the checksum in two: what is left of it says nothing.
  bool cuts_checksum(std::size_t l4_bytes) const {
    if (GetParam().second == Protocol::kTcp) return l4_bytes == 17;
    return !udp() && l4_bytes > 8 && l4_bytes < 12;
  }

  std::uint16_t client_port_ = 0, seen_port_ = 0;
};
INSTANTIATE_TEST_SUITE_P(All, IcmpErrors, DataPlaneProperty::all(), DataPlaneProperty::name);

TEST_P(IcmpErrors, QuoteWhatTheSenderSent) {
  const std::uint64_t seed = property_seed();
  SCOPED_TRACE(how_to_repeat(seed));
  Playground playground(GetParam().first, GetParam().second, seed);
  open(playground, 1234);
  int passed = 0;
  for (int i = 0; i < 1000 && !HasFailure(); ++i) {
    const bool by_client = playground.below(2) == 0;
    const Quoted quoted = random_quoted(playground, by_client);
    FrameSpec spec = error(playground, quoted, by_client);
    const std::size_t size = playground.below(static_cast<unsigned>(spec.quoted.size()) + 1);
    spec.quoted.resize(size);
    SCOPED_TRACE(spec.to_string() + "  about  " + quoted.translated.to_string());
    const Outcome outcome =
        playground.exchange(by_client ? "downlink" : "uplink", build_frame(spec));
    if (size < l4_at(quoted.translated) + 8) {
      ASSERT_EQ(outcome.drops, std::vector{DropReason::l4_truncated});
      continue;
    }
    ASSERT_TRUE(outcome.drops.empty()) << to_string(outcome.drops[0]);
    ASSERT_EQ(outcome.sent.size(), 1u);
    const ReadFrame out = read_frame(outcome.sent[0].frame);
    EXPECT_EQ(out.error, "");
    EXPECT_EQ(out.spec.checksum, FrameSpec::Checksum::kRight);
    EXPECT_EQ(out.spec.source, spec.source);
    EXPECT_EQ(out.spec.destination, quoted.original.source);
    EXPECT_EQ(out.spec.icmp_type, spec.icmp_type);
    EXPECT_EQ(out.spec.icmp_code, spec.icmp_code);
    EXPECT_EQ(out.spec.icmp_rest, spec.icmp_rest);
    if (cuts_checksum(size - l4_at(quoted.translated))) continue;
    EXPECT_EQ(out.spec.quoted, build_frame(quoted.original).substr(kLink, size));
    ++passed;
  }
  EXPECT_GT(passed, 300);
}

TEST_P(IcmpErrors, EndWhereTheFrameEnds) {
  const std::uint64_t seed = property_seed();
  SCOPED_TRACE(how_to_repeat(seed));
  Playground playground(GetParam().first, GetParam().second, seed);
  open(playground, 1234);
  for (const bool by_client : {true, false}) {
    const std::string port = by_client ? "downlink" : "uplink";
    const Quoted quoted = random_quoted(playground, by_client);
    const std::string frame = build_frame(error(playground, quoted, by_client));
    // MemoryIo gives each frame memory that ends with it: a sanitizer sees what is read beyond.
    for (std::size_t size = 0; size < frame.size(); ++size) {
      EXPECT_TRUE(playground.exchange(port, frame.substr(0, size)).sent.empty()) << size;
    }
    for (int i = 0; i < 2000; ++i) {
      FrameSpec spec = error(playground, quoted, by_client);
      spec.icmp_rest = playground.below(1u << 31);
      spec.quoted.resize(playground.below(static_cast<unsigned>(spec.quoted.size()) + 1));
      for (unsigned n = playground.below(4); n > 0 && !spec.quoted.empty(); --n) {
        spec.quoted[playground.below(static_cast<unsigned>(spec.quoted.size()))] =
            static_cast<char>(playground.below(256));
      }
      const Outcome outcome = playground.exchange(port, build_frame(spec));
      EXPECT_EQ(outcome.sent.size() + outcome.drops.size(), 1u);
    }
  }
}

}  // namespace
}  // namespace portico
