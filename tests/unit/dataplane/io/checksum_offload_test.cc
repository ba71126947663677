#include "dataplane/io/checksum_offload.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

#include "tests/unit/dataplane/io/frames.h"

namespace portico {
namespace {

class ChecksumOffloadTest : public testing::Test {
 protected:
  void SetUp() override { pool_ = rte_pktmbuf_pool_create("checksums", 255, 0, 0, 2048, -1); }
  void TearDown() override {
    EXPECT_EQ(rte_mempool_in_use_count(pool_), 0u);
    rte_mempool_free(pool_);
  }
  // As a driver hands it over, the headers and some bytes in the first mbuf, the rest in others.
  rte_mbuf* received(const std::string& frame, std::size_t piece = 4096) {
    rte_mbuf* const first = rte_pktmbuf_alloc(pool_);
    for (std::size_t at = 0; at < frame.size();) {
      const std::size_t some = std::min(piece, frame.size() - at);
      rte_mbuf* const mbuf = at == 0 ? first : rte_pktmbuf_alloc(pool_);
      std::memcpy(rte_pktmbuf_append(mbuf, static_cast<std::uint16_t>(some)), frame.data() + at,
                  some);
      if (at > 0) rte_pktmbuf_chain(first, mbuf);
      at += some;
    }
    first->ol_flags |= RTE_MBUF_F_RX_L4_CKSUM_NONE;
    return first;
  }
  static std::string bytes_of(rte_mbuf* mbuf) {
    std::string bytes;
    for (rte_mbuf* m = mbuf; m != nullptr; m = m->next) {
      bytes.append(rte_pktmbuf_mtod(m, const char*), m->data_len);
    }
    rte_pktmbuf_free(mbuf);
    return bytes;
  }

  rte_mempool* pool_ = nullptr;
};

TEST_F(ChecksumOffloadTest, IsCompletedWhateverTheFrameLooksLike) {
  for (const bool v4 : {true, false}) {
    for (const Protocol protocol : {Protocol::kTcp, Protocol::kUdp}) {
      for (int shape = 0; shape < 32; ++shape) {
        FrameSpec spec = spec_of(v4, protocol);
        spec.payload = static_cast<std::uint16_t>(1 + shape % 2);
        if ((shape & 2) != 0) spec.payload = static_cast<std::uint16_t>(spec.payload + 1000);
        spec.options = (shape & 4) != 0;
        if ((shape & 8) != 0) spec.vlan = 7;
        if ((shape & 16) != 0) spec.padding = 13;
        SCOPED_TRACE(spec.to_string());
        const std::string right = build_frame(spec);
        spec.checksum = FrameSpec::Checksum::kLeft;
        const std::string left = build_frame(spec);
        ASSERT_NE(left, right);
        for (const std::size_t piece : {4096u, 256u, 255u}) {
          rte_mbuf* const mbuf = received(left, piece);
          EXPECT_TRUE(may_lack_checksum(mbuf->ol_flags));
          EXPECT_TRUE(lacks_checksum(mbuf));
          complete_checksum(mbuf);
          EXPECT_FALSE(may_lack_checksum(mbuf->ol_flags));
          EXPECT_EQ(bytes_of(mbuf), right);
        }
      }
    }
  }
}

// RFC 768: all 65536 sums, one of which is zero.
TEST_F(ChecksumOffloadTest, UdpsZeroIsSentAsItsOtherRepresentation) {
  FrameSpec spec = spec_of(true, Protocol::kUdp);
  int zeros = 0;
  for (std::uint32_t port = 1; port < 65536; ++port) {
    spec.source_port = static_cast<std::uint16_t>(port);
    spec.checksum = FrameSpec::Checksum::kRight;
    const std::string right = build_frame(spec);
    if (right.substr(40, 2) == "\xff\xff") ++zeros;
    if (port % 64 != 0 && right.substr(40, 2) != "\xff\xff") continue;
    spec.checksum = FrameSpec::Checksum::kLeft;
    rte_mbuf* const mbuf = received(build_frame(spec));
    complete_checksum(mbuf);
    ASSERT_EQ(bytes_of(mbuf), right);
  }
  EXPECT_EQ(zeros, 1);
}

// UDP that has none (net_tap flags it too), other protocols, fragments, and what the packet has
// become meanwhile.
TEST_F(ChecksumOffloadTest, WhatLacksNoneIsLeftAlone) {
  std::vector<std::string> frames;
  FrameSpec spec = spec_of(true, Protocol::kUdp);
  spec.checksum = FrameSpec::Checksum::kZero;
  frames.push_back(build_frame(spec));
  spec = spec_of(true, Protocol::kTcp);
  spec.kind = FrameKind::kEcho;
  frames.push_back(build_frame(spec));
  frames.push_back(build_frame(spec_of(false, Protocol::kSctp)));
  spec = spec_of(true, Protocol::kUdp);
  spec.payload = 100;
  std::string fragment = build_frame(spec);
  fragment[20] = 0x20;  // more of them
  frames.push_back(fragment);
  std::string impossible = build_frame(spec);
  impossible[17] = static_cast<char>(0xff);  // longer than the frame
  frames.push_back(impossible);
  impossible = build_frame(spec);
  impossible[39] = 5;  // shorter than UDP's header
  frames.push_back(impossible);
  for (std::size_t length = 14; length < 42; ++length) {
    frames.push_back(build_frame(spec).substr(0, length));
  }
  for (const std::string& frame : frames) {
    rte_mbuf* mbuf = received(frame);
    EXPECT_FALSE(lacks_checksum(mbuf));
    EXPECT_FALSE(may_lack_checksum(mbuf->ol_flags));
    EXPECT_EQ(bytes_of(mbuf), frame);
  }
}

TEST_F(ChecksumOffloadTest, FlagsOfOneAreToldFromThoseOfAll) {
  EXPECT_FALSE(may_lack_checksum(RTE_MBUF_F_RX_L4_CKSUM_UNKNOWN));
  EXPECT_FALSE(may_lack_checksum(RTE_MBUF_F_RX_L4_CKSUM_GOOD));
  EXPECT_FALSE(may_lack_checksum(RTE_MBUF_F_RX_L4_CKSUM_BAD));
  EXPECT_TRUE(may_lack_checksum(RTE_MBUF_F_RX_L4_CKSUM_NONE | RTE_MBUF_F_RX_L4_CKSUM_GOOD));
}

}  // namespace
}  // namespace portico
