#include "dataplane/io/reassembler.h"

#include <gtest/gtest.h>
#include <rte_ip.h>
#include <rte_mbuf.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "dataplane/io/frame.h"
#include "tests/support/property_seed.h"

namespace portico {
namespace {

constexpr std::uint16_t kEthernet = 14;

struct Piece {
  std::uint32_t begin, end;
  bool last;
};

// One worker's reassembly, with a pool that shows whether an mbuf is lost.
class ReassemblerTest : public testing::TestWithParam<Family> {
 protected:
  static constexpr unsigned kMbufs = 1023;

  ReassemblerTest() {
    static int number = 0;
    pool_ = rte_pktmbuf_pool_create(absl::StrCat("reassembler_", number++).c_str(), kMbufs, 0,
                                    kFramePrivateSize, 4096, -1);
    FragmentConfig config;
    config.capacity = 64;
    reassembler_ = *Reassembler::create(config, absl::StrCat("reassembler_", number++), -1);
  }
  ~ReassemblerTest() override {
    reassembler_.reset();
    EXPECT_EQ(rte_mempool_in_use_count(pool_), 0u);
    rte_mempool_free(pool_);
  }

  bool v4() const { return GetParam() == Family::kIpv4; }
  std::uint32_t headers() const { return v4() ? 20 : 48; }
  unsigned held() const { return rte_mempool_in_use_count(pool_); }

  // A fragment as parse() would mark it: bytes [begin, end) of `data`.
  Reassembly add(const std::string& data, const Piece& piece, std::uint16_t id = 1,
                 Instant now = {}) {
    const std::string bytes = data.substr(piece.begin, piece.end - piece.begin);
    rte_mbuf* const mbuf = rte_pktmbuf_alloc(pool_);
    const std::uint32_t length = headers() + static_cast<std::uint32_t>(bytes.size());
    auto* const frame = reinterpret_cast<std::uint8_t*>(
        rte_pktmbuf_append(mbuf, static_cast<std::uint16_t>(kEthernet + length)));
    std::fill_n(frame, kEthernet + headers(), std::uint8_t{0});
    std::uint8_t* const l3 = frame + kEthernet;
    if (v4()) {
      auto& ip = *reinterpret_cast<rte_ipv4_hdr*>(l3);
      ip.version_ihl = 0x45;
      ip.total_length = rte_cpu_to_be_16(static_cast<std::uint16_t>(length));
      ip.packet_id = id;
      ip.fragment_offset = rte_cpu_to_be_16(
          static_cast<std::uint16_t>(piece.begin / 8 | (piece.last ? 0 : RTE_IPV4_HDR_MF_FLAG)));
    } else {
      auto& ip = *reinterpret_cast<rte_ipv6_hdr*>(l3);
      ip.vtc_flow = rte_cpu_to_be_32(6u << 28);
      ip.payload_len = rte_cpu_to_be_16(static_cast<std::uint16_t>(length - sizeof ip));
      ip.proto = 44;
      auto& extension = *reinterpret_cast<rte_ipv6_fragment_ext*>(l3 + sizeof ip);
      extension.next_header = 17;
      extension.frag_data =
          rte_cpu_to_be_16(static_cast<std::uint16_t>(piece.begin | (piece.last ? 0u : 1u)));
      extension.id = id;
    }
    std::copy(bytes.begin(), bytes.end(), l3 + headers());
    Packet packet;
    describe_frame(mbuf, packet);
    packet.family = GetParam();
    packet.l3_offset = kEthernet;
    packet.l4_offset = static_cast<std::uint16_t>(kEthernet + headers());
    packet.ip_length = length;
    rte_mbuf* whole = nullptr;
    const Reassembly result = reassembler_->add(packet, mbuf, now, whole);
    if (result.joined > 0) take(whole);
    return result;
  }
  void take(rte_mbuf* whole) {
    Packet packet;
    pull_up_headers(whole);
    describe_frame(whole, packet);
    std::string bytes(packet.length, '\0');
    copy_bytes(packet, 0, packet.length, reinterpret_cast<std::uint8_t*>(bytes.data()));
    const std::size_t header = v4() ? 20 : 40;
    whole_ = bytes.substr(kEthernet + header);
    largest_ = packet.largest_fragment;
    const auto* l3 = reinterpret_cast<const std::uint8_t*>(bytes.data()) + kEthernet;
    if (v4()) {
      const auto& ip = *reinterpret_cast<const rte_ipv4_hdr*>(l3);
      EXPECT_EQ(rte_be_to_cpu_16(ip.total_length), header + whole_.size());
      EXPECT_EQ(ip.fragment_offset, 0);
      EXPECT_EQ(rte_raw_cksum(&ip, sizeof ip), 0xffff);
    } else {
      const auto& ip = *reinterpret_cast<const rte_ipv6_hdr*>(l3);
      EXPECT_EQ(rte_be_to_cpu_16(ip.payload_len), whole_.size());
      EXPECT_EQ(ip.proto, 17);
    }
    rte_pktmbuf_free(whole);
  }

  rte_mempool* pool_;
  std::unique_ptr<Reassembler> reassembler_;
  std::string whole_;
  std::uint16_t largest_ = 0;
};
INSTANTIATE_TEST_SUITE_P(Families, ReassemblerTest, testing::Values(Family::kIpv4, Family::kIpv6),
                         [](const auto& family) {
                           return std::string(family.param == Family::kIpv4 ? "ipv4" : "ipv6");
                         });

std::string random_data(std::mt19937_64& random, std::size_t size) {
  std::string data(size, '\0');
  for (char& c : data) c = static_cast<char>(random());
  return data;
}

// Any cut into up to eight pieces, in any order, pieces coming twice among them: the same bytes.
TEST_P(ReassemblerTest, MakesTheSameBytesOfAnyCutInAnyOrder) {
  const std::uint64_t seed = property_seed();
  SCOPED_TRACE(how_to_repeat(seed));
  std::mt19937_64 random(seed);
  for (std::uint16_t id = 1; id < 2000 && !HasFailure(); ++id) {
    const std::string data = random_data(random, 9 + random() % 8000);
    const auto size = static_cast<std::uint32_t>(data.size());
    std::vector<std::uint32_t> cuts = {0, size};
    for (auto i = 1 + random() % 7; i > 0; --i) {
      cuts.push_back(8 * (1 + static_cast<std::uint32_t>(random() % ((size - 1) / 8))));
    }
    std::sort(cuts.begin(), cuts.end());
    cuts.erase(std::unique(cuts.begin(), cuts.end()), cuts.end());
    std::vector<Piece> pieces;
    std::uint32_t largest = 0;
    for (std::size_t i = 0; i + 1 < cuts.size(); ++i) {
      pieces.push_back({cuts[i], cuts[i + 1], i + 2 == cuts.size()});
      largest = std::max(largest, headers() + cuts[i + 1] - cuts[i]);
    }
    if (std::any_of(pieces.begin(), pieces.end(),
                    [](const Piece& p) { return p.end - p.begin > 3800; })) {
      continue;  // longer than an mbuf here
    }
    std::shuffle(pieces.begin(), pieces.end(), random);
    std::uint16_t joined = 0;
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      const Reassembly result = add(data, pieces[i], id);
      joined = result.joined;
      EXPECT_EQ(result.dropped, 0);
      if (joined > 0 || random() % 4 != 0) continue;
      const Reassembly again = add(data, pieces[random() % (i + 1)], id);
      EXPECT_EQ(again.dropped, 1);
      EXPECT_EQ(again.reason, DropReason::fragment_duplicate);
    }
    EXPECT_EQ(joined, pieces.size());
    EXPECT_EQ(whole_, data);
    EXPECT_EQ(largest_, largest);
    EXPECT_EQ(held(), 0u);
  }
}

// Any fragments at all: what comes out is what a datagram of exactly those bytes was; all others
// are counted, none is lost, and no more wait than may.
TEST_P(ReassemblerTest, CountsEveryFragment) {
  const std::uint64_t seed = property_seed();
  SCOPED_TRACE(how_to_repeat(seed));
  std::mt19937_64 random(seed);
  const std::string data = random_data(random, 4096);
  std::uint64_t taken = 0, gone = 0;
  Instant now{};
  for (int i = 0; i < 200'000 && !HasFailure(); ++i) {
    const auto begin = static_cast<std::uint32_t>(random() % 8 * 8);
    const auto end = begin + 8 * (1 + static_cast<std::uint32_t>(random() % 4));
    const Reassembly result =
        add(data, {begin, end, random() % 3 == 0}, static_cast<std::uint16_t>(random() % 40), now);
    ++taken;
    gone += std::uint64_t{result.dropped} + result.evicted + result.joined;
    if (result.joined > 0) {
      EXPECT_EQ(whole_, data.substr(0, whole_.size()));
    }
    now += std::chrono::milliseconds(random() % 200);
    if (i % 16 == 0) gone += reassembler_->expire(now);
    EXPECT_LE(taken - gone, 64u);
    EXPECT_EQ(held(), taken - gone);
  }
}

TEST_P(ReassemblerTest, GivesUpTheOldestForRoomAndTheLateInTime) {
  const std::string data(64, 'x');
  const Duration timeout = v4() ? std::chrono::seconds(30) : std::chrono::seconds(60);
  const Instant start{};
  for (std::uint16_t id = 0; id < 64; ++id) {
    EXPECT_EQ(add(data, {8, 16, false}, id, start + std::chrono::seconds(id > 0)).evicted, 0);
  }
  EXPECT_EQ(add(data, {8, 16, false}, 64, start).evicted, 1);
  EXPECT_EQ(reassembler_->expire(start + timeout), 0u) << "the one that was there has made room";
  EXPECT_EQ(held(), 64u);
  std::uint32_t expired = 0;
  for (int i = 0; i < 10; ++i) {
    expired += reassembler_->expire(start + std::chrono::seconds(1) + timeout);
  }
  EXPECT_EQ(expired, 64u);
  EXPECT_EQ(held(), 0u);
}

// The first fragment of eight bytes, and one that overlaps it: rte_ip_frag itself would join them.
TEST_P(ReassemblerTest, OverlapOfTheSmallestFragmentsLosesNothing) {
  const std::string data(64, 'x');
  for (const Piece& second : {Piece{0, 16, false}, Piece{0, 16, true}, Piece{0, 64, true}}) {
    add(data, {0, 8, false}, 1);
    const Reassembly result = add(data, second, 1);
    EXPECT_EQ(result.dropped, 2);
    EXPECT_EQ(result.reason, DropReason::fragment_overlap);
    EXPECT_EQ(held(), 0u);
    EXPECT_EQ(add(data, {16, 24, false}, 1).reason, DropReason::fragment_overlap);
    EXPECT_EQ(reassembler_->expire(Instant() + std::chrono::hours(1)), 0u);
  }
}

}  // namespace
}  // namespace portico
