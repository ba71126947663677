#include "dataplane/state/sctp_state.h"

#include <vector>

#include "dataplane/net/sctp.h"
#include "dataplane/state/ticks.h"
#include "dataplane/state/transport.h"
#include "gtest/gtest.h"

namespace portico {
namespace {

using enum ConnectionState;

constexpr auto kClient = Direction::kOriginal;
constexpr auto kEndpoint = Direction::kReply;

struct Step {
  Direction from;
  int chunks;
  ConnectionState expected;
};
struct Association {
  const char* name;
  ConnectionState begin;
  std::vector<Step> steps;
};

// The first packet, an INIT, made the connection: it begins in COOKIE_WAIT.
const Association kAssociations[] = {
    {"RFC 9260 section 5.1.6, and section 9.2 from the client",
     kSctpCookieWait,
     {{kEndpoint, kSctpInitAck, kSctpCookieWait},
      {kClient, kSctpCookieEcho | kSctpData, kSctpCookieEchoed},
      {kEndpoint, kSctpCookieAck | kSctpData, kSctpEstablished},
      {kClient, kSctpData, kSctpEstablished},
      {kClient, kSctpShutdown, kSctpShutdownSent},
      {kEndpoint, kSctpData, kSctpEstablished},
      {kClient, kSctpShutdown | kSctpData, kSctpShutdownSent},
      {kEndpoint, kSctpShutdownAck, kSctpShutdownAckSent},
      {kClient, kSctpShutdownComplete, kSctpClosed}}},
    {"section 9.2 from the endpoint",
     kSctpEstablished,
     {{kEndpoint, kSctpShutdown, kSctpShutdownReceived},
      {kClient, kSctpShutdownAck, kSctpShutdownAckSent},
      {kEndpoint, kSctpShutdownComplete, kSctpClosed}}},
    {"both shut down",
     kSctpEstablished,
     {{kClient, kSctpShutdown, kSctpShutdownSent},
      {kEndpoint, kSctpShutdown, kSctpShutdownSent},
      {kClient, kSctpShutdownAck, kSctpShutdownAckSent}}},
    {"INIT and COOKIE ECHO are retransmitted",
     kSctpCookieWait,
     {{kClient, kSctpInit, kSctpCookieWait},
      {kClient, kSctpCookieEcho, kSctpCookieEchoed},
      {kClient, kSctpCookieEcho, kSctpCookieEchoed},
      {kClient, kSctpInit, kSctpCookieEchoed},
      {kEndpoint, kSctpCookieAck, kSctpEstablished},
      {kEndpoint, kSctpCookieAck, kSctpEstablished}}},
    {"a restarted client, section 5.2.2",
     kSctpEstablished,
     {{kClient, kSctpInit, kSctpEstablished},
      {kEndpoint, kSctpInitAck, kSctpEstablished},
      {kClient, kSctpCookieEcho, kSctpEstablished},
      {kEndpoint, kSctpCookieAck, kSctpEstablished}}},
    {"a restarted client while the association shuts down",
     kSctpShutdownSent,
     {{kClient, kSctpInit, kSctpShutdownSent},
      {kEndpoint, kSctpInitAck, kSctpShutdownSent},
      {kEndpoint, kSctpCookieAck, kSctpEstablished}}},
    {"no INIT makes an association unanswered",
     kSctpShutdownReceived,
     {{kClient, kSctpInit, kSctpShutdownReceived}, {kClient, kSctpData, kSctpShutdownReceived}}},
    {"INIT after the end: the endpoint has to agree",
     kSctpClosed,
     {{kClient, kSctpInit, kSctpClosed}, {kEndpoint, kSctpInitAck, kSctpCookieWait}}},
    {"the endpoint has believed a SHUTDOWN that we have not",
     kSctpEstablished,
     {{kEndpoint, kSctpShutdownAck, kSctpShutdownAckSent}}},
    {"and a SHUTDOWN ACK",
     kSctpShutdownReceived,
     {{kEndpoint, kSctpShutdownComplete, kSctpClosed}}},
    {"INIT in SHUTDOWN-ACK-SENT is ignored, section 9.2",
     kSctpShutdownAckSent,
     {{kClient, kSctpInit, kSctpShutdownAckSent}}},
    {"the client alone opens nothing",
     kSctpCookieWait,
     {{kClient, kSctpData, kSctpCookieWait},
      {kClient, kSctpCookieEcho, kSctpCookieEchoed},
      {kClient, kSctpCookieAck, kSctpCookieEchoed},
      {kClient, kSctpAbort, kSctpClosed},
      {kClient, kSctpData | kSctpHeartbeat | kSctpHeartbeatAck, kSctpClosed}}},
    {"an ABORT that was not believed",
     kSctpEstablished,
     {{kClient, kSctpAbort, kSctpClosed}, {kEndpoint, kSctpHeartbeat, kSctpEstablished}}},
    {"picked up",
     kSctpHeartbeatSent,
     {{kClient, kSctpHeartbeat, kSctpHeartbeatSent},
      {kClient, kSctpShutdownAck, kSctpHeartbeatSent},
      {kEndpoint, kSctpHeartbeatAck, kSctpEstablished}}},
    {"chunks that say nothing", kSctpEstablished, {{kClient, 0, kSctpEstablished}}},
};

TEST(SctpState, FollowsTheAssociation) {
  for (const Association& association : kAssociations) {
    ConnectionState state = association.begin;
    for (std::size_t i = 0; i < association.steps.size(); ++i) {
      const Step& step = association.steps[i];
      state = next_sctp_state(state, step.from, static_cast<std::uint16_t>(step.chunks));
      ASSERT_EQ(state, step.expected)
          << association.name << ", step " << i << ": " << to_string(state);
    }
  }
}

TEST(SctpState, EndsByAbortFromEverywhere) {
  for (int state = static_cast<int>(kSctpClosed); state <= static_cast<int>(kSctpHeartbeatSent);
       ++state) {
    for (const Direction from : {kClient, kEndpoint}) {
      EXPECT_EQ(next_sctp_state(static_cast<ConnectionState>(state), from, kSctpAbort),
                kSctpClosed);
    }
  }
}

// net/netfilter/nf_conntrack_proto_sctp.c, sctp_timeouts, of Linux 6.2 and later.
TEST(SctpState, HasTheTimeoutsOfLinux) {
  const TimeoutTicks ticks = timeout_ticks(TimeoutConfig{});
  const auto seconds = [&](ConnectionState state) {
    return ticks[static_cast<std::size_t>(state)] * kTick / std::chrono::seconds(1);
  };
  EXPECT_EQ(seconds(kSctpClosed), 10);
  EXPECT_EQ(seconds(kSctpCookieWait), 3);
  EXPECT_EQ(seconds(kSctpCookieEchoed), 3);
  EXPECT_EQ(seconds(kSctpEstablished), 210);
  EXPECT_EQ(seconds(kSctpShutdownSent), 3);
  EXPECT_EQ(seconds(kSctpShutdownReceived), 3);
  EXPECT_EQ(seconds(kSctpShutdownAckSent), 3);
  EXPECT_EQ(seconds(kSctpHeartbeatSent), 30);
}

TEST(Transport, OpensWithInitAlone) {
  Packet packet;
  packet.protocol = Protocol::kSctp;
  for (unsigned chunks = 0; chunks < 1u << kSctpChunkKinds; ++chunks) {
    packet.sctp_chunks = static_cast<std::uint16_t>(chunks);
    ASSERT_EQ(opens_connection(packet), chunks == kSctpInit) << chunks;
  }
}

}  // namespace
}  // namespace portico
