#pragma once

// rte_mbuf <-> Packet. Nothing outside this folder knows that a packet's handle is an mbuf.
//
// What an mbuf must carry beside DPDK's own fields, so that it may travel through rings:
//   port        the PortId it came in by
//   hash.usr    Packet::largest_fragment
//   private     a Segment, of each mbuf but the first of a chain (the pool reserves room for it)

#include <rte_mbuf.h>

#include "dataplane/packet/segment.h"

namespace portico {

// Whole cache lines, so that frames begin with one: headers of up to 64 bytes touch no second line.
inline constexpr std::uint16_t kFramePrivateSize = RTE_CACHE_LINE_ROUNDUP(sizeof(Segment));

// The headers that stages look at must be contiguous: Ethernet, VLAN, IP, some extensions, TCP.
inline constexpr std::uint32_t kContiguousBytes = 256;

inline rte_mbuf* mbuf_of(const Packet& packet) noexcept {
  return static_cast<rte_mbuf*>(packet.handle);
}

// Begins to fetch what describe_frame() reads and what it says where to find: the mbuf, whose
// second line is read when it is freed, and the frame, where it begins as a rule.
inline void fetch_frame(rte_mbuf* mbuf) noexcept {
  rte_prefetch0(mbuf);
  rte_mbuf_prefetch_part2(mbuf);
  rte_prefetch0(reinterpret_cast<const std::uint8_t*>(mbuf + 1) + kFramePrivateSize +
                RTE_PKTMBUF_HEADROOM);
}

// Sets the io fields, clears all others.
inline void describe_frame(rte_mbuf* mbuf, Packet& packet) noexcept {
  make_blank(packet);
  packet.data = rte_pktmbuf_mtod(mbuf, std::uint8_t*);
  packet.handle = mbuf;
  packet.length = mbuf->pkt_len;
  packet.contiguous = mbuf->data_len;
  packet.headroom = mbuf->data_off;
  packet.largest_fragment = static_cast<std::uint16_t>(mbuf->hash.usr);
  packet.in_port = PortId{mbuf->port};
  if (mbuf->nb_segs == 1) return;  // `next` lies in the mbuf's second cache line
  const Segment** link = &packet.rest;
  for (rte_mbuf* more = mbuf->next; more != nullptr; more = more->next) {
    auto* const segment = static_cast<Segment*>(rte_mbuf_to_priv(more));
    *segment = {rte_pktmbuf_mtod(more, const std::uint8_t*), more->data_len, nullptr};
    *link = segment;
    link = &segment->next;
  }
}

// Of a frame in several pieces, only the first one's beginning may have moved, unless all but the
// first have been cut off.
inline void write_back(const Packet& packet) noexcept {
  rte_mbuf* const mbuf = mbuf_of(packet);
  mbuf->data_off = packet.headroom;
  mbuf->data_len = static_cast<std::uint16_t>(packet.contiguous);
  mbuf->pkt_len = packet.length;
  mbuf->port = packet.in_port.value;
  mbuf->hash.usr = packet.largest_fragment;
  if (mbuf->nb_segs > 1 && packet.length == packet.contiguous) {
    rte_pktmbuf_free(mbuf->next);
    mbuf->next = nullptr;
    mbuf->nb_segs = 1;
  }
}

// Makes the first kContiguousBytes of a frame in several pieces contiguous, as far as its first
// buffer has room.
void pull_up_headers(rte_mbuf* mbuf) noexcept;

}  // namespace portico
