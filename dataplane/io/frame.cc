#include "dataplane/io/frame.h"

#include <rte_memcpy.h>

namespace portico {

void pull_up_headers(rte_mbuf* mbuf) noexcept {
  const std::uint32_t wanted = std::min(mbuf->pkt_len, kContiguousBytes);
  while (mbuf->data_len < wanted) {
    rte_mbuf* const next = mbuf->next;
    const auto some =
        static_cast<std::uint16_t>(std::min({wanted - mbuf->data_len, std::uint32_t{next->data_len},
                                             std::uint32_t{rte_pktmbuf_tailroom(mbuf)}}));
    if (some == 0 && next->data_len > 0) return;  // no room
    std::memcpy(rte_pktmbuf_mtod_offset(mbuf, void*, mbuf->data_len),
                rte_pktmbuf_mtod(next, const void*), some);
    mbuf->data_len = static_cast<std::uint16_t>(mbuf->data_len + some);
    next->data_off = static_cast<std::uint16_t>(next->data_off + some);
    next->data_len = static_cast<std::uint16_t>(next->data_len - some);
    if (next->data_len > 0) continue;
    mbuf->next = next->next;
    --mbuf->nb_segs;
    rte_pktmbuf_free_seg(next);
  }
}

}  // namespace portico
