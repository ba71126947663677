#pragma once

// Theory of operation
//
// Cuts a packet that is to leave in fragments (Packet::fragment_size) into copies of its pieces:
// frames of their own with their own link header, so that all that follows (sending, waiting for a
// neighbor) treats them as it treats every packet. RFC 791 section 3.2, RFC 8200 section 4.5.
//
//   Ethernet | IP header | options            | payload
//            |<------- repeated ----->|       |<- cut at multiples of 8 bytes ->|
//
// IPv4: options that are not to be copied are overwritten with "no operation" in all fragments but
// the first. IPv6: what routers on the way act upon, hop-by-hop options and routing headers, stays
// in front of the fragment header; all else is payload.
//
// DPDK's rte_ipv*_fragment_packet() don't fit: they lose the link header, know of no extension
// headers, and refer to the packet's memory, which needs devices that send frames in pieces.
//
// Every fragmented packet gets a fresh identification: that of the sender means nothing behind a
// masquerade that many senders share. IPv4 counts up, so that none comes again for as long as
// possible (RFC 6864); IPv6 takes random ones (RFC 7739 section 5.3).
//
// One for each worker, used by that worker alone.

#include <array>
#include <cstddef>
#include <cstdint>

#include "dataplane/packet/packet_io.h"
#include "dataplane/stage/random.h"

namespace portico {

class Fragmenter {
 public:
  // 65,535 bytes through the least MTU that can be configured, 576.
  static constexpr std::size_t kMaxFragments = 128;

  Fragmenter(PacketIo& io, WorkerId self, std::uint16_t workers, std::uint64_t seed) noexcept
      : io_(io), random_(seed), ipv4_id_(self.value), ipv4_step_(workers) {}

  // The fragments of `packet`, in order, with its verdict and next hop; none when there is no
  // memory for them. `packet` itself is unchanged, and still the caller's. They are overwritten by
  // the next call.
  struct Fragments {
    Packet* packets;
    std::size_t count;
  };
  Fragments cut(const Packet& packet) noexcept;

 private:
  struct Plan;

  bool copy(const Packet& packet, const Plan& plan, std::uint32_t offset,
            Packet& fragment) noexcept;

  PacketIo& io_;
  Random random_;
  std::uint16_t ipv4_id_;
  const std::uint16_t ipv4_step_;
  std::array<Packet, kMaxFragments> fragments_;
};

}  // namespace portico
