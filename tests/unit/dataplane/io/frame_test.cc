#include "dataplane/io/frame.h"

#include <gtest/gtest.h>

#include <vector>

namespace portico {
namespace {

// A frame of `sizes` bytes in so many mbufs; byte i is i.
rte_mbuf* frame_of(rte_mempool* pool, const std::vector<std::uint16_t>& sizes) {
  rte_mbuf* frame = nullptr;
  std::uint8_t next = 0;
  for (const std::uint16_t size : sizes) {
    rte_mbuf* const mbuf = rte_pktmbuf_alloc(pool);
    for (char* byte = rte_pktmbuf_append(mbuf, size); byte < rte_pktmbuf_mtod(mbuf, char*) + size;
         ++byte) {
      *byte = static_cast<char>(next++);
    }
    if (frame == nullptr) {
      frame = mbuf;
    } else {
      rte_pktmbuf_chain(frame, mbuf);
    }
  }
  return frame;
}

TEST(Frame, HeadersAreMadeContiguousAndNothingChanges) {
  rte_mempool* const pool =
      rte_pktmbuf_pool_create("frame_test", 63, 0, kFramePrivateSize, 1024, -1);
  const struct {
    std::vector<std::uint16_t> sizes;
    std::uint32_t contiguous;
  } cases[] = {{{14, 20, 20}, 54}, {{14, 500}, 256}, {{100, 100, 100, 100}, 256},  {{300, 10}, 300},
               {{1, 255, 7}, 256}, {{14, 242}, 256}, {{14, 100, 0, 20, 300}, 256}, {{60}, 60}};
  for (const auto& c : cases) {
    rte_mbuf* const mbuf = frame_of(pool, c.sizes);
    const std::uint32_t length = mbuf->pkt_len;
    pull_up_headers(mbuf);
    const char* reason = "";
    EXPECT_EQ(rte_mbuf_check(mbuf, 1, &reason), 0) << reason;
    Packet packet;
    describe_frame(mbuf, packet);
    EXPECT_EQ(packet.contiguous, c.contiguous);
    EXPECT_EQ(packet.length, length);
    std::uint32_t at = 0;
    visit_bytes(packet, 0, packet.length, [&](const std::uint8_t* bytes, std::uint32_t size) {
      for (std::uint32_t i = 0; i < size; ++i) {
        EXPECT_EQ(bytes[i], static_cast<std::uint8_t>(at++));
      }
    });
    EXPECT_EQ(at, length);
    rte_pktmbuf_free(mbuf);
  }
  EXPECT_EQ(rte_mempool_in_use_count(pool), 0u);
  rte_mempool_free(pool);
}

}  // namespace
}  // namespace portico
