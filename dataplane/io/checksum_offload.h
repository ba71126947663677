#pragma once

// Theory of operation
//
// A device may hand over a TCP or UDP packet whose checksum nobody has computed: it never was on a
// wire that could have spoilt it (virtio's VIRTIO_NET_HDR_F_NEEDS_CSUM; DPDK flags it
// RTE_MBUF_F_RX_L4_CKSUM_NONE). Its field holds the sum of the pseudo header, which RFC 1624 does
// not update; so the field's contents mean nothing from here on, whatever stages make of them. The
// flag stays with the mbuf, and when the packet leaves, the field is written anew: by the device
// that sends it if that can, else here. So what goes from one virtual machine to another is summed
// up by nobody.
//
// Who needs all bytes right before that (the kernel's interface, fragments) asks
// PacketIo::complete().

#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include <cstdint>

namespace portico {

// What to ask a device for, of what it can.
inline constexpr std::uint64_t kRxChecksums =
    RTE_ETH_RX_OFFLOAD_TCP_CKSUM | RTE_ETH_RX_OFFLOAD_UDP_CKSUM;
inline constexpr std::uint64_t kTxChecksums =
    RTE_ETH_TX_OFFLOAD_TCP_CKSUM | RTE_ETH_TX_OFFLOAD_UDP_CKSUM;

// Of the flags of several mbufs together: whether one may lack its checksum. Of those of one that
// has been received: whether it does.
inline bool may_lack_checksum(std::uint64_t flags) noexcept {
  return (flags & RTE_MBUF_F_RX_L4_CKSUM_MASK) == RTE_MBUF_F_RX_L4_CKSUM_NONE;
}

// Of a frame that has just been received: whether it is TCP or UDP and lacks its checksum. If not,
// the flag goes: some drivers also give it to UDP that needs no checksum (RFC 768).
bool lacks_checksum(rte_mbuf* mbuf) noexcept;

// Writes the checksum that is missing. What is neither TCP nor UDP any more, an ICMP error that the
// packet has become, is left as it is.
void complete_checksum(rte_mbuf* mbuf) noexcept;

// Lets the device write it while sending, if `offloads`, of kTxChecksums, and the packet allow it;
// else completes it.
void leave_checksum_to_device(rte_mbuf* mbuf, std::uint64_t offloads, std::uint16_t device,
                              std::uint16_t queue) noexcept;

}  // namespace portico
