// The packets that explain runs, read by the tests' own reader of frames.

#include "dataplane/runtime/probe.h"

#include <gtest/gtest.h>

#include "tests/support/packet/frame.h"
#include "tests/unit/dataplane/runtime/runtime_fixture.h"

namespace portico {
namespace {

ReadFrame read(Probe& probe) {
  const Packet packet = probe.packet();
  EXPECT_EQ(packet.length, packet.contiguous);
  return read_frame({reinterpret_cast<const char*>(packet.data), packet.length});
}

ExplainRequest request(const std::string& from, const std::string& to, Protocol protocol) {
  ExplainRequest request;
  request.protocol = protocol;
  request.source = ip(from);
  request.source_port = l4(1024);
  request.destination = ip(to);
  request.destination_port = l4(8080);
  request.ttl = 7;
  request.sctp_chunk = 10;  // COOKIE ECHO, which may have nothing but its header
  return request;
}

const std::vector<std::pair<std::string, std::string>> kPairs = {
    {"10.12.22.1", "192.168.1.3"}, {"2001:db8:12::1", "2001:db8:1::3"}};

TEST(Probe, IsThePacketThatWasAskedFor) {
  for (const auto& [from, to] : kPairs) {
    for (const Protocol protocol : {Protocol::kTcp, Protocol::kUdp, Protocol::kSctp}) {
      Probe probe(request(from, to, protocol), two_ports()[1]);
      for (int again = 0; again < 2; ++again) {
        const ReadFrame frame = read(probe);
        EXPECT_EQ(frame.error, "");
        EXPECT_EQ(frame.spec.kind, FrameKind::kData);
        EXPECT_EQ(frame.spec.checksum, FrameSpec::Checksum::kRight);
        EXPECT_EQ(frame.spec.source, ip(from));
        EXPECT_EQ(frame.spec.destination_port, 8080);
        EXPECT_EQ(frame.spec.ttl, 7);
      }
    }
  }
}

TEST(Probe, IsAnIcmpErrorThatQuotesIt) {
  using enum ExplainedError::Kind;
  struct Case {
    ExplainedError::Kind kind;
    int v4[2], v6[2];  // type and code, RFC 792 and RFC 4443
    std::uint32_t rest;
  };
  const Case cases[] = {{kTooBig, {3, 4}, {2, 0}, 1400},
                        {kTimeExceeded, {11, 0}, {3, 0}, 0},
                        {kPortUnreachable, {3, 3}, {1, 4}, 0}};
  for (const auto& [from, to] : kPairs) {
    for (const Protocol protocol : {Protocol::kTcp, Protocol::kUdp, Protocol::kSctp}) {
      for (const Case& one : cases) {
        ExplainRequest asked = request(from, to, protocol);
        const bool is_v4 = asked.source.is_v4();
        Probe plain(asked, two_ports()[1]);
        const Packet quoted = plain.packet();
        const IpAddress router = ip(is_v4 ? "10.12.22.151" : "2001:db8:12::151");
        asked.error = ExplainedError{one.kind, router, 1400};
        Probe probe(asked, two_ports()[1]);
        const ReadFrame frame = read(probe);
        EXPECT_EQ(frame.error, "");
        EXPECT_EQ(frame.spec.kind, FrameKind::kError);
        EXPECT_EQ(frame.spec.checksum, FrameSpec::Checksum::kRight);
        EXPECT_EQ(frame.spec.icmp_type, (is_v4 ? one.v4 : one.v6)[0]);
        EXPECT_EQ(frame.spec.icmp_code, (is_v4 ? one.v4 : one.v6)[1]);
        EXPECT_EQ(frame.spec.icmp_rest, one.rest);
        EXPECT_EQ(frame.spec.source, router);
        EXPECT_EQ(frame.spec.destination, ip(from));
        EXPECT_EQ(frame.spec.ttl, 7);
        EXPECT_EQ(frame.spec.quoted,
                  std::string(reinterpret_cast<const char*>(quoted.data) + 14, quoted.length - 14));
      }
    }
  }
}

}  // namespace
}  // namespace portico
