#include "dataplane/io/checksum_offload.h"

#include <rte_ip.h>
#include <rte_net.h>
#include <rte_tcp.h>
#include <rte_udp.h>

#include <algorithm>
#include <cstring>
#include <optional>

#include "dataplane/net/ip.h"

namespace portico {
namespace {

// Where a TCP or UDP packet lies in its frame. The headers are contiguous.
struct L4Packet {
  std::uint32_t l3 = 0, l4 = 0;  // offsets of the headers
  std::uint32_t length = 0;      // from the TCP or UDP header on
  std::uint32_t ptype = 0;
  bool v4 = false;
  bool udp = false;

  std::uint32_t field() const noexcept {
    return l4 + static_cast<std::uint32_t>(udp ? offsetof(rte_udp_hdr, dgram_cksum)
                                               : offsetof(rte_tcp_hdr, cksum));
  }
};

// In the order of loading.
std::uint16_t load(const rte_mbuf* mbuf, std::uint32_t at) noexcept {
  std::uint16_t word;
  std::memcpy(&word, rte_pktmbuf_mtod_offset(mbuf, const void*, at), sizeof word);
  return word;
}
void store(rte_mbuf* mbuf, std::uint32_t at, std::uint16_t word) noexcept {
  std::memcpy(rte_pktmbuf_mtod_offset(mbuf, void*, at), &word, sizeof word);
}

// Looks at the frame itself: it may have been translated, tagged, or become an answer.
std::optional<L4Packet> find_l4(const rte_mbuf* mbuf) noexcept {
  rte_net_hdr_lens lengths{};
  L4Packet packet;
  packet.ptype =
      rte_net_get_ptype(mbuf, &lengths, RTE_PTYPE_L2_MASK | RTE_PTYPE_L3_MASK | RTE_PTYPE_L4_MASK);
  const std::uint32_t l4_type = packet.ptype & RTE_PTYPE_L4_MASK;
  packet.udp = l4_type == RTE_PTYPE_L4_UDP;
  packet.v4 = RTE_ETH_IS_IPV4_HDR(packet.ptype) != 0;
  packet.l3 = lengths.l2_len;
  packet.l4 = packet.l3 + lengths.l3_len;
  const bool is_known = packet.udp || l4_type == RTE_PTYPE_L4_TCP;
  const std::uint32_t least = packet.udp ? sizeof(rte_udp_hdr) : sizeof(rte_tcp_hdr);
  if (!is_known || packet.l4 + least > mbuf->data_len) return std::nullopt;
  const std::uint32_t end =
      packet.v4 ? packet.l3 +
                      rte_be_to_cpu_16(load(mbuf, packet.l3 + offsetof(rte_ipv4_hdr, total_length)))
                : packet.l3 + std::uint32_t{sizeof(rte_ipv6_hdr)} +
                      rte_be_to_cpu_16(load(mbuf, packet.l3 + offsetof(rte_ipv6_hdr, payload_len)));
  if (end < packet.l4 + least || end > mbuf->pkt_len) return std::nullopt;
  packet.length = end - packet.l4;
  if (packet.udp) {  // RFC 768: its own length may be less
    const std::uint32_t own =
        rte_be_to_cpu_16(load(mbuf, packet.l4 + offsetof(rte_udp_hdr, dgram_len)));
    if (own < least || own > packet.length) return std::nullopt;
    packet.length = own;
  }
  return packet;
}

// The pseudo header alone.
ChecksumSum pseudo_header_of(const rte_mbuf* mbuf, const L4Packet& packet) noexcept {
  const auto* const ip = rte_pktmbuf_mtod_offset(mbuf, const std::uint8_t*, packet.l3);
  const auto sum = [&]<typename Address>(const Address&) {
    const auto& header = header_at<typename Ip<Address>::Header>(ip);
    return pseudo_header(Address::from_bytes(header.source.data()),
                         Address::from_bytes(header.destination.data()),
                         packet.udp ? Protocol::kUdp : Protocol::kTcp, packet.length);
  };
  return packet.v4 ? sum(Ipv4Address()) : sum(Ipv6Address());
}

// Adds `length` bytes from `at` on, which the frame has, whatever pieces they lie in.
void add_bytes(ChecksumSum& sum, const rte_mbuf* mbuf, std::uint32_t at,
               std::uint32_t length) noexcept {
  for (std::uint32_t done = 0; done < length; mbuf = mbuf->next) {
    if (at >= mbuf->data_len) {
      at -= mbuf->data_len;
      continue;
    }
    const std::uint32_t some = std::min(mbuf->data_len - at, length - done);
    ChecksumSum piece;
    piece.add(rte_pktmbuf_mtod_offset(mbuf, const void*, at), some);
    sum.add_word(done % 2 == 0 ? piece.fold() : __builtin_bswap16(piece.fold()));
    done += some;
    at = 0;
  }
}

void clear_flag(rte_mbuf* mbuf) noexcept {
  mbuf->ol_flags &= ~RTE_MBUF_F_RX_L4_CKSUM_MASK;
}

void write_checksum(rte_mbuf* mbuf, const L4Packet& packet) noexcept {
  store(mbuf, packet.field(), 0);
  ChecksumSum sum = pseudo_header_of(mbuf, packet);
  add_bytes(sum, mbuf, packet.l4, packet.length);
  const std::uint16_t checksum = sum.checksum();
  const bool is_zero = packet.udp && checksum == 0;  // sent as its other representation, RFC 768
  store(mbuf, packet.field(), is_zero ? std::uint16_t{0xffff} : checksum);
}

}  // namespace

bool lacks_checksum(rte_mbuf* mbuf) noexcept {
  const auto packet = find_l4(mbuf);
  // UDP's zero is no sum of a pseudo header: the protocol is part of that.
  if (packet && (!packet->udp || load(mbuf, packet->field()) != 0)) return true;
  clear_flag(mbuf);
  return false;
}

void complete_checksum(rte_mbuf* mbuf) noexcept {
  if (const auto packet = find_l4(mbuf)) write_checksum(mbuf, *packet);
  clear_flag(mbuf);
}

void leave_checksum_to_device(rte_mbuf* mbuf, std::uint64_t offloads, std::uint16_t device,
                              std::uint16_t queue) noexcept {
  const auto packet = find_l4(mbuf);
  clear_flag(mbuf);
  if (!packet) return;
  const std::uint64_t wanted =
      packet->udp ? RTE_ETH_TX_OFFLOAD_UDP_CKSUM : RTE_ETH_TX_OFFLOAD_TCP_CKSUM;
  // A device sums up all to the frame's end, and IPv6's extension headers confuse some drivers.
  const bool is_plain = packet->l4 + packet->length == mbuf->pkt_len &&
                        (packet->v4 || packet->l4 == packet->l3 + sizeof(rte_ipv6_hdr));
  if ((offloads & wanted) == 0 || !is_plain) return write_checksum(mbuf, *packet);
  const std::uint64_t flags = (packet->v4 ? RTE_MBUF_F_TX_IPV4 : RTE_MBUF_F_TX_IPV6) |
                              (packet->udp ? RTE_MBUF_F_TX_UDP_CKSUM : RTE_MBUF_F_TX_TCP_CKSUM);
  mbuf->packet_type = packet->ptype;
  mbuf->l2_len = packet->l3 & 0x7f;
  mbuf->l3_len = (packet->l4 - packet->l3) & 0x1ff;
  mbuf->ol_flags |= flags;
  store(mbuf, packet->field(), pseudo_header_of(mbuf, *packet).fold());
  if (rte_eth_tx_prepare(device, queue, &mbuf, 1) == 1) return;
  mbuf->ol_flags &= ~flags;  // the driver does not take it
  write_checksum(mbuf, *packet);
}

}  // namespace portico
