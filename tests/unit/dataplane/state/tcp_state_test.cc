#include "dataplane/state/tcp_state.h"

#include <string>
#include <vector>

#include "dataplane/state/ticks.h"
#include "gtest/gtest.h"

namespace portico {
namespace {

using enum ConnectionState;

struct Step {
  Direction from;
  std::uint8_t flags;
  ConnectionState expected;
};

struct Conversation {
  const char* name;
  ConnectionState begin;
  std::vector<Step> steps;
};

constexpr auto kClient = Direction::kOriginal;
constexpr auto kEndpoint = Direction::kReply;
constexpr std::uint8_t kSyn = kTcpSyn;
constexpr std::uint8_t kSynAck = kTcpSyn | kTcpAck;
constexpr std::uint8_t kAck = kTcpAck;
constexpr std::uint8_t kData = kTcpAck | kTcpPsh;
constexpr std::uint8_t kFin = kTcpFin | kTcpAck;
constexpr std::uint8_t kRst = kTcpRst;
constexpr std::uint8_t kRstAck = kTcpRst | kTcpAck;
constexpr std::uint8_t kUrg = 0x20, kEce = 0x40, kCwr = 0x80;

// The first packet, a SYN, made the connection: it begins in SYN_SENT.
const Conversation kConversations[] = {
    {"handshake, RFC 9293 figure 6",
     kSynSent,
     {{kEndpoint, kSynAck, kSynReceived}, {kClient, kAck, kEstablished}}},
    {"handshake with ECN, RFC 3168 section 6.1.1",
     kSynSent,
     {{kClient, kSyn | kEce | kCwr, kSynSent},
      {kEndpoint, kSynAck | kEce, kSynReceived},
      {kClient, kAck, kEstablished}}},
    {"data with the handshake's ACK",
     kSynSent,
     {{kEndpoint, kSynAck, kSynReceived}, {kClient, kData, kEstablished}}},
    {"SYN and SYN/ACK are retransmitted",
     kSynSent,
     {{kClient, kSyn, kSynSent},
      {kEndpoint, kSynAck, kSynReceived},
      {kClient, kSyn, kSynReceived},
      {kEndpoint, kSynAck, kSynReceived},
      {kClient, kAck, kEstablished},
      {kEndpoint, kSynAck, kEstablished},
      {kClient, kAck, kEstablished}}},
    {"simultaneous open, RFC 9293 figure 7",
     kSynSent,
     {{kEndpoint, kSyn, kSynReceived},
      {kClient, kSynAck, kSynReceived},
      {kEndpoint, kSynAck, kSynReceived},
      {kClient, kAck, kEstablished}}},
    {"refused, RFC 9293 section 3.5.2",
     kSynSent,
     {{kEndpoint, kRstAck, kReset}, {kClient, kSyn, kReset}, {kEndpoint, kSynAck, kSynReceived}}},
    {"the client gives up connecting", kSynSent, {{kClient, kRst, kReset}}},
    {"old duplicate SYN, RFC 9293 figure 8",
     kSynSent,
     {{kEndpoint, kSynAck, kSynReceived},
      {kClient, kRst, kReset},
      {kClient, kSyn, kReset},
      {kEndpoint, kSynAck, kSynReceived}}},
    {"half-open, RFC 9293 figure 9: the ACK of the other end's old connection draws a reset",
     kSynSent,
     {{kEndpoint, kAck, kSynSent},
      {kClient, kRst, kReset},
      {kClient, kSyn, kReset},
      {kEndpoint, kSynAck, kSynReceived}}},
    {"a restarted client's SYN is challenged, RFC 5961 section 4.2",
     kEstablished,
     {{kClient, kSyn, kEstablished}, {kEndpoint, kAck, kEstablished}, {kClient, kRst, kClose}}},
    {"normal close, RFC 9293 figure 12",
     kEstablished,
     {{kClient, kFin, kFinWait},
      {kEndpoint, kAck, kCloseWait},
      {kEndpoint, kFin, kLastAck},
      {kClient, kAck, kTimeWait}}},
    {"the endpoint closes first",
     kEstablished,
     {{kEndpoint, kFin, kEndpointFinWait},
      {kEndpoint, kData, kEndpointFinWait},
      {kClient, kAck, kEndpointCloseWait},
      {kClient, kFin, kLastAck},
      {kEndpoint, kAck, kTimeWait}}},
    {"the client repeats its FIN, which is nobody else's",
     kEstablished,
     {{kClient, kFin, kFinWait},
      {kClient, kFin, kFinWait},
      {kClient, kAck, kFinWait},
      {kEndpoint, kAck, kCloseWait},
      {kClient, kFin, kCloseWait},
      {kEndpoint, kFin, kLastAck}}},
    {"the endpoint repeats its FIN",
     kEstablished,
     {{kEndpoint, kFin, kEndpointFinWait},
      {kEndpoint, kFin, kEndpointFinWait},
      {kClient, kAck, kEndpointCloseWait},
      {kEndpoint, kFin, kEndpointCloseWait},
      {kClient, kFin, kLastAck},
      {kClient, kFin, kLastAck}}},
    {"simultaneous close begun by the endpoint",
     kEstablished,
     {{kEndpoint, kFin, kEndpointFinWait}, {kClient, kFin, kLastAck}}},
    {"simultaneous close, RFC 9293 figure 13",
     kEstablished,
     {{kClient, kFin, kFinWait},
      {kEndpoint, kFin, kLastAck},
      {kEndpoint, kAck, kTimeWait},
      {kClient, kAck, kTimeWait}}},
    {"FIN acknowledged by FIN",
     kEstablished,
     {{kClient, kFin, kFinWait}, {kEndpoint, kFin, kLastAck}, {kClient, kAck, kTimeWait}}},
    {"half-closed, RFC 9293 section 3.6.1: the other end goes on sending",
     kEstablished,
     {{kClient, kFin, kFinWait},
      {kEndpoint, kData, kCloseWait},
      {kClient, kAck, kCloseWait},
      {kEndpoint, kData, kCloseWait},
      {kEndpoint, kFin, kLastAck},
      {kClient, kAck, kTimeWait}}},
    {"the last FIN is retransmitted",
     kLastAck,
     {{kEndpoint, kFin, kLastAck},
      {kClient, kAck, kTimeWait},
      {kEndpoint, kFin, kTimeWait},
      {kClient, kAck, kTimeWait}}},
    {"closed before anything was sent: FIN with the handshake's ACK",
     kSynReceived,
     {{kClient, kFin, kFinWait}, {kEndpoint, kAck, kCloseWait}, {kEndpoint, kFin, kLastAck}}},
    {"the endpoint closes in SYN-RECEIVED, RFC 9293 section 3.10.4",
     kSynReceived,
     {{kEndpoint, kFin, kEndpointFinWait},
      {kClient, kAck, kEndpointCloseWait},
      {kClient, kFin, kLastAck}}},
    {"reset in mid-stream by the client", kEstablished, {{kClient, kRstAck, kClose}}},
    {"reset in mid-stream by the endpoint",
     kEstablished,
     {{kEndpoint, kRst, kReset}, {kClient, kFin, kReset}, {kEndpoint, kData, kReset}}},
    {"a forged reset, which an ACK shows not to be believed, RFC 5961 section 3.2",
     kEstablished,
     {{kClient, kRst, kClose},
      {kEndpoint, kData, kEstablished},
      {kClient, kRst, kClose},
      {kClient, kAck, kEstablished}}},
    {"a forged reset and a forged SYN, which is challenged, RFC 5961 section 4.2",
     kEstablished,
     {{kClient, kRst, kClose}, {kClient, kSyn, kClose}, {kEndpoint, kAck, kEstablished}}},
    {"reset, and the same port again",
     kEstablished,
     {{kClient, kRst, kClose},
      {kClient, kSyn, kClose},
      {kEndpoint, kSynAck, kSynReceived},
      {kClient, kAck, kEstablished}}},
    {"an old endpoint's reset: both ends go on",
     kEstablished,
     {{kEndpoint, kRst, kReset}, {kClient, kAck, kMidstream}, {kEndpoint, kAck, kEstablished}}},
    {"a forged reset of a half-open connection: the endpoint goes on",
     kSynSent,
     {{kClient, kRst, kReset}, {kEndpoint, kSynAck, kSynReceived}, {kClient, kAck, kEstablished}}},
    {"forged SYN and ACK: the endpoint answers the wrong ACK by a reset, RFC 9293 section 3.10.7.4",
     kSynSent,
     {{kEndpoint, kSynAck, kSynReceived},
      {kClient, kAck, kEstablished},
      {kEndpoint, kRst, kReset}}},
    {"forged SYN, RST and ACK",
     kSynSent,
     {{kClient, kRst, kReset}, {kClient, kAck, kMidstream}, {kEndpoint, kRst, kReset}}},
    {"picked up in mid-stream",
     kMidstream,
     {{kClient, kData, kMidstream}, {kEndpoint, kAck, kEstablished}, {kClient, kFin, kFinWait}}},
    {"picked up in mid-stream, closed by the endpoint",
     kMidstream,
     {{kClient, kFin, kMidstream},
      {kEndpoint, kFin, kEndpointFinWait},
      {kClient, kAck, kEndpointCloseWait}}},
    {"picked up in mid-stream, not known to the endpoint",
     kMidstream,
     {{kEndpoint, kRst, kReset}, {kClient, kSyn, kReset}, {kEndpoint, kSynAck, kSynReceived}}},
    {"picked up while the handshake goes on",
     kMidstream,
     {{kEndpoint, kSynAck, kSynReceived}, {kClient, kAck, kEstablished}}},
    {"a SYN where an ACK was picked up", kMidstream, {{kClient, kSyn, kSynSent}}},
    {"the client gives up what was picked up", kMidstream, {{kClient, kRst, kReset}}},
    {"FIN without ACK is nothing, RFC 9293 section 3.10.7.4, fifth check",
     kSynReceived,
     {{kClient, kTcpFin, kSynReceived}, {kEndpoint, kTcpFin, kSynReceived}}},
    {"reset after the first FIN, by an endpoint that was not read from",
     kFinWait,
     {{kEndpoint, kRst, kReset}}},
    {"reset in TIME_WAIT", kTimeWait, {{kClient, kRst, kClose}}},
    {"a new SYN in TIME_WAIT, RFC 9293 section 3.6.1", kTimeWait, {{kClient, kSyn, kSynSent}}},
    {"a SYN from an endpoint opens nothing in TIME_WAIT",
     kTimeWait,
     {{kEndpoint, kSyn, kTimeWait}, {kEndpoint, kSynAck, kTimeWait}}},
    {"SYN/ACK in the wrong direction",
     kSynSent,
     {{kClient, kSynAck, kSynSent}, {kEndpoint, kSynAck, kSynReceived}}},
    {"only the client's ACK establishes",
     kSynReceived,
     {{kEndpoint, kAck, kSynReceived}, {kClient, kAck, kEstablished}}},
    {"ACK and FIN before any SYN/ACK",
     kSynSent,
     {{kClient, kAck, kSynSent}, {kClient, kFin, kSynSent}, {kEndpoint, kFin, kSynSent}}},
    {"PSH and URG alone, no flags, SYN with FIN: nothing",
     kEstablished,
     {{kClient, kTcpPsh, kEstablished},
      {kEndpoint, kUrg, kEstablished},
      {kClient, 0, kEstablished},
      {kEndpoint, 0, kEstablished},
      {kClient, kTcpSyn | kTcpFin, kEstablished},
      {kEndpoint, kTcpSyn | kTcpFin | kTcpAck, kEstablished}}},
    {"RST goes before SYN and FIN",
     kEstablished,
     {{kClient, kTcpRst | kTcpSyn | kTcpFin | kTcpAck, kClose}}},
};

TEST(TcpState, Conversations) {
  for (const Conversation& conversation : kConversations) {
    ConnectionState state = conversation.begin;
    for (std::size_t i = 0; i < conversation.steps.size(); ++i) {
      const Step& step = conversation.steps[i];
      state = next_tcp_state(state, step.from, step.flags);
      ASSERT_EQ(to_string(state), to_string(step.expected)) << conversation.name << ", step " << i;
    }
  }
}

constexpr ConnectionState kTcpStates[] = {
    kSynSent,           kSynReceived, kEstablished, kFinWait, kCloseWait, kEndpointFinWait,
    kEndpointCloseWait, kLastAck,     kTimeWait,    kClose,   kReset,     kMidstream};

// Whatever comes, a TCP connection stays in TCP's states; a reset closes it until an ACK shows that
// it was not believed, or one of the ends begins anew.
TEST(TcpState, EveryFlagInEveryState) {
  for (const ConnectionState state : kTcpStates) {
    for (const Direction from : {kClient, kEndpoint}) {
      for (unsigned flags = 0; flags < 256; ++flags) {
        const auto next = next_tcp_state(state, from, static_cast<std::uint8_t>(flags));
        EXPECT_NE(next, kUdpUnreplied);
        EXPECT_NE(next, kUdpReplied);
        if ((flags & kTcpRst) != 0) {
          EXPECT_TRUE(next == kClose || next == kReset) << to_string(state) << " " << flags;
        } else if (next == kClose || next == kReset) {
          EXPECT_EQ(next, state) << flags;
        }
      }
    }
  }
}

// Who pretends to be the client, and whose packets honest endpoints answer at most by SYN/ACK and
// RST, gets no connection that stays in a full table: whatever is sent in whatever order, after the
// endpoint's last answer it is one of those that make room.
TEST(TcpState, NobodyAloneGetsOutOfTheUnansweredStates) {
  for (const ConnectionState begin : {kSynSent, kReset, kMidstream}) {
    for (unsigned flags = 0; flags < 256; ++flags) {
      const auto next = next_tcp_state(begin, kClient, static_cast<std::uint8_t>(flags));
      EXPECT_TRUE(is_unanswered(next)) << to_string(begin) << " " << flags;
    }
  }
  for (const ConnectionState state : kTcpStates) {
    EXPECT_EQ(next_tcp_state(state, kEndpoint, kRst), kReset);
  }
}

// And a connection that is established is brought back there by nobody but the endpoint.
TEST(TcpState, TheClientsSideAloneMakesNothingUnanswered) {
  for (const ConnectionState state : kTcpStates) {
    if (is_unanswered(state) || state == kTimeWait) continue;
    for (unsigned flags = 0; flags < 256; ++flags) {
      const auto next = next_tcp_state(state, kClient, static_cast<std::uint8_t>(flags));
      EXPECT_FALSE(is_unanswered(next)) << to_string(state) << " " << flags;
    }
  }
}

// Only a SYN of the client leads back to the beginning, and only from a finished connection;
// whoever forges packets without it can't lengthen a timeout that way.
TEST(TcpState, OnlyTheClientBeginsAnew) {
  for (const ConnectionState state : kTcpStates) {
    EXPECT_EQ(next_tcp_state(state, kClient, kSyn) == kSynSent,
              state == kSynSent || state == kMidstream || may_be_reopened(state));
    for (unsigned flags = 0; flags < 256; ++flags) {
      if (state == kSynSent) continue;
      EXPECT_NE(next_tcp_state(state, kEndpoint, static_cast<std::uint8_t>(flags)), kSynSent);
    }
  }
}

TEST(TcpState, OpensConnection) {
  EXPECT_TRUE(opens_connection(kSyn));
  EXPECT_TRUE(opens_connection(kSyn | kEce | kCwr));
  for (const std::uint8_t flags :
       {kSynAck, kAck, kFin, kRst, std::uint8_t{0}, std::uint8_t{kTcpSyn | kTcpFin},
        std::uint8_t{kTcpSyn | kTcpRst}}) {
    EXPECT_FALSE(opens_connection(flags)) << unsigned{flags};
  }
}

TEST(TcpState, Names) {
  EXPECT_EQ(to_string(kUdpUnreplied), "UNREPLIED");
  EXPECT_EQ(to_string(kUdpReplied), "REPLIED");
  EXPECT_EQ(to_string(kUdpStream), "STREAM");
  EXPECT_EQ(to_string(kSynSent), "SYN_SENT");
  EXPECT_EQ(to_string(kSynReceived), "SYN_RECEIVED");
  EXPECT_EQ(to_string(kEstablished), "ESTABLISHED");
  EXPECT_EQ(to_string(kFinWait), "FIN_WAIT");
  EXPECT_EQ(to_string(kCloseWait), "CLOSE_WAIT");
  EXPECT_EQ(to_string(kEndpointFinWait), "FIN_WAIT");
  EXPECT_EQ(to_string(kEndpointCloseWait), "CLOSE_WAIT");
  EXPECT_EQ(to_string(kLastAck), "LAST_ACK");
  EXPECT_EQ(to_string(kTimeWait), "TIME_WAIT");
  EXPECT_EQ(to_string(kClose), "CLOSE");
  EXPECT_EQ(to_string(kReset), "RESET");
  EXPECT_EQ(to_string(kMidstream), "MIDSTREAM");
}

std::uint32_t ticks_of(const TimeoutTicks& ticks, ConnectionState state) {
  return ticks[static_cast<std::size_t>(state)];
}

TEST(TimeoutTicks, EveryStateHasItsOwn) {
  TimeoutConfig config;
  const std::pair<Duration*, ConnectionState> timeouts[] = {
      {&config.udp_unreplied, kUdpUnreplied},
      {&config.udp_replied, kUdpReplied},
      {&config.udp_stream, kUdpStream},
      {&config.tcp_syn_sent, kSynSent},
      {&config.tcp_syn_received, kSynReceived},
      {&config.tcp_established, kEstablished},
      {&config.tcp_fin_wait, kFinWait},
      {&config.tcp_close_wait, kCloseWait},
      {&config.tcp_last_ack, kLastAck},
      {&config.tcp_time_wait, kTimeWait},
      {&config.tcp_close, kClose}};
  int seconds = 1;
  for (const auto& [timeout, state] : timeouts) *timeout = std::chrono::seconds(seconds++);
  const TimeoutTicks ticks = timeout_ticks(config);
  std::uint32_t expected = 1;
  for (const auto& [timeout, state] : timeouts) EXPECT_EQ(ticks_of(ticks, state), 64 * expected++);
  EXPECT_EQ(ticks_of(ticks, kEndpointFinWait), ticks_of(ticks, kFinWait));
  EXPECT_EQ(ticks_of(ticks, kEndpointCloseWait), ticks_of(ticks, kCloseWait));
  EXPECT_EQ(ticks_of(ticks, kReset), ticks_of(ticks, kClose));
  EXPECT_EQ(ticks_of(ticks, kMidstream), ticks_of(ticks, kSynReceived));
}

TEST(TimeoutTicks, RoundUpAndStayInRange) {
  TimeoutConfig config;
  config.tcp_close = Duration(0);
  config.tcp_last_ack = Duration(1);
  config.tcp_time_wait = kTick + Duration(1);
  config.tcp_established = Duration::max();
  const TimeoutTicks ticks = timeout_ticks(config);
  EXPECT_EQ(ticks_of(ticks, kClose), 1u);
  EXPECT_EQ(ticks_of(ticks, kLastAck), 1u);
  EXPECT_EQ(ticks_of(ticks, kTimeWait), 2u);
  EXPECT_EQ(ticks_of(ticks, kEstablished), 1u << 30);
}

}  // namespace
}  // namespace portico
