#include "dataplane/state/witness.h"

#include <array>

#include "dataplane/state/transport.h"
#include "gtest/gtest.h"

namespace portico {
namespace {

using enum ConnectionState;

constexpr std::uint8_t kSyn = kTcpSyn;
constexpr std::uint8_t kSynAck = kTcpSyn | kTcpAck;
constexpr std::uint8_t kAck = kTcpAck;
constexpr std::uint8_t kFin = kTcpFin | kTcpAck;
constexpr std::uint8_t kRst = kTcpRst;

// A connection in `state`, led by packets as the stage track leads it.
class TcpWitness : public testing::Test {
 protected:
  void packet(Direction from, std::uint8_t flags, std::uint32_t sequence,
              std::uint32_t acknowledgement) {
    std::array<std::uint8_t, sizeof(TcpHeader)> memory{};
    auto& tcp = header_at<TcpHeader>(memory.data());
    tcp.sequence.set_host(sequence);
    tcp.acknowledgement.set_host(acknowledgement);
    Packet packet;
    packet.data = memory.data();
    packet.tcp_flags = flags;
    packet.connection = {0, from};
    if (!is_believed<Protocol::kTcp>(state_, witness_, packet)) return;
    const ConnectionState before = state_;
    state_ = next_state<Protocol::kTcp>(before, witness_, packet, 0);
    witness_ = next_witness<Protocol::kTcp>(before, state_, witness_, packet);
  }
  void client(std::uint8_t flags, std::uint32_t sequence, std::uint32_t acknowledgement = 0) {
    packet(Direction::kOriginal, flags, sequence, acknowledgement);
  }
  void endpoint(std::uint8_t flags, std::uint32_t sequence, std::uint32_t acknowledgement) {
    packet(Direction::kReply, flags, sequence, acknowledgement);
  }

  ConnectionState state_ = kSynSent;
  std::uint16_t witness_ = 0;
};

// Of all upper halves of the acknowledgement number, as many are right as the documentation says.
TEST_F(TcpWitness, OddsOfABlindHandshake) {
  int right = 0;
  for (std::uint32_t guess = 0; guess < 65536; ++guess) {
    state_ = kSynSent;
    endpoint(kSynAck, 0xfffe0000, 1001);
    ASSERT_EQ(state_, kSynReceived);
    client(kAck, 1001, guess << 16 | 0xffff);
    right += state_ == kEstablished;
    ASSERT_TRUE(state_ == kEstablished || state_ == kSynReceived);
  }
  EXPECT_EQ(right, 18);
}

TEST_F(TcpWitness, OddsOfABlindReset) {
  for (const std::uint8_t flags : {kRst, kFin}) {
    int right = 0;
    for (std::uint32_t guess = 0; guess < 65536; ++guess) {
      state_ = kEstablished;
      endpoint(kAck, 1, 0x00050000);
      client(flags, guess << 16 | 0xffff);
      right += state_ != kEstablished;
    }
    EXPECT_EQ(right, 18);
  }
}

// The number that follows the endpoint's SYN, through the wrap.
TEST_F(TcpWitness, WhatTheHandshakesAckAcknowledges) {
  endpoint(kSynAck, 0xffffffff, 1001);
  client(kAck, 1001, 0);
  EXPECT_EQ(state_, kEstablished);
}

TEST_F(TcpWitness, TheEndpointsLastWordCountsInTheHandshake) {
  endpoint(kSynAck, 0x10000000, 1001);
  endpoint(kSynAck, 0x50000000, 1001);  // a SYN cookie of the next minute
  client(kAck, 1001, 0x50000001);
  EXPECT_EQ(state_, kEstablished);

  state_ = kSynSent;
  endpoint(kSynAck, 0x10000000, 1001);
  endpoint(kAck, 0x10030000, 1001);  // premature data
  client(kAck, 1001, 0x10020000);
  EXPECT_EQ(state_, kEstablished);
}

TEST_F(TcpWitness, TheClientGivesUpAHandshakeWithoutProof) {
  endpoint(kSynAck, 0x10000000, 1001);
  client(kRst, 77);
  EXPECT_EQ(state_, kReset);
}

TEST_F(TcpWitness, FollowsTheClientAndThenWhatIsAcknowledged) {
  endpoint(kSynAck, 0x10000000, 0x20000001);
  client(kAck, 0x20000001, 0x10000001);
  client(kRst, 0x30000000);
  EXPECT_EQ(state_, kEstablished);
  endpoint(kAck, 0x10000001, 0x30000000);
  client(kRst, 0x20000001);
  EXPECT_EQ(state_, kEstablished);
  client(kRst, 0x30000000);
  EXPECT_EQ(state_, kClose);
}

// Nor do the client's own numbers move it, forged as they may be.
TEST_F(TcpWitness, IsLedByNoClient) {
  endpoint(kSynAck, 0x10000000, 0x20000001);
  client(kAck, 0x20000001, 0x10000001);
  for (std::uint32_t at = 0x20000001; at < 0x40000000; at += 0x00080000) client(kAck, at);
  client(kRst, 0x3fff0000);
  EXPECT_EQ(state_, kEstablished);
}

// An RST that acknowledges nothing must not lose it.
TEST_F(TcpWitness, SurvivesTheEndpointsReset) {
  endpoint(kSynAck, 0x10000000, 0x20000001);
  client(kAck, 0x20000001, 0x10000001);
  endpoint(kRst, 0x10000001, 0);
  EXPECT_EQ(state_, kReset);
  client(kAck, 0x20000001);
  endpoint(kAck, 0x10000001, 0x20000001);
  ASSERT_EQ(state_, kEstablished);
  client(kRst, 0x50000000);
  EXPECT_EQ(state_, kEstablished);
}

TEST_F(TcpWitness, ABelievedResetIsTakenBackByNobodyElse) {
  state_ = kClose;
  witness_ = 0x2000;
  client(kAck, 0x50000000);
  EXPECT_EQ(state_, kClose);
  client(kAck, 0x20000000);
  EXPECT_EQ(state_, kEstablished);
}

TEST_F(TcpWitness, OfTheLastAck) {
  state_ = kLastAck;
  witness_ = 0x2000;
  client(kAck, 0x50000000);
  EXPECT_EQ(state_, kLastAck);
  client(kAck, 0x20000000);
  EXPECT_EQ(state_, kTimeWait);
  client(kSyn, 0x90000000);  // a new connection's number is its own
  EXPECT_EQ(state_, kSynSent);
}

}  // namespace
}  // namespace portico
