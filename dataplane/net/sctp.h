#pragma once

// SCTP, RFC 9260, as far as a NAT in the middle looks at it.

#include <cstdint>

#include "dataplane/net/crc32c.h"
#include "dataplane/net/headers.h"
#include "dataplane/packet/packet.h"

namespace portico {

// RFC 9260 section 3.1. The checksum alone is little-endian (appendix A).
struct SctpHeader {
  Wire16 source_port;
  Wire16 destination_port;
  Wire32 verification_tag;
  std::array<std::uint8_t, 4> checksum;
};
// Section 3.2. The length counts this header, and not the padding to a multiple of four.
struct SctpChunkHeader {
  std::uint8_t type;
  std::uint8_t flags;
  Wire16 length;
};
static_assert(sizeof(SctpHeader) == 12 && sizeof(SctpChunkHeader) == 4);

// What the chunks of a packet tell about the association: a set, in Packet::sctp_chunks. In the
// order in which a packet's chunks take effect.
enum SctpChunks : std::uint16_t {
  kSctpInit = 1 << 0,
  kSctpInitAck = 1 << 1,
  kSctpCookieEcho = 1 << 2,
  kSctpCookieAck = 1 << 3,
  kSctpHeartbeat = 1 << 4,
  kSctpHeartbeatAck = 1 << 5,
  kSctpData = 1 << 6,  // DATA, I-DATA, SACK: both ends have the association
  kSctpShutdown = 1 << 7,
  kSctpShutdownAck = 1 << 8,
  kSctpShutdownComplete = 1 << 9,
  kSctpAbort = 1 << 10,
};
inline constexpr int kSctpChunkKinds = 11;

// What a chunk of this type (section 3.2) tells; 0: nothing.
std::uint16_t sctp_chunk_kind(std::uint8_t type) noexcept;

// Reads the common header and the chunks in front of the first DATA chunk, behind which there are
// none that matter (section 6.10); sets the packet's ports, chunks and payload_offset, or drops it.
// `available`: bytes from the SCTP header on, inside the IP packet. Of the chunks, the first has to
// be inside the packet; what is wrong with others is the receiver's to judge.
void parse_sctp(Packet& packet, std::uint32_t available) noexcept;

// The Initiate Tag of an INIT ACK (section 3.3.3), by which its sender knows the packets of this
// association; 0, which it never is: it is not here to be read. Requires packet.sctp_chunks ==
// kSctpInitAck, as parse_sctp() has set it.
inline std::uint32_t initiate_tag(const Packet& packet) noexcept {
  constexpr std::uint32_t kNeeded = sizeof(SctpChunkHeader) + sizeof(Wire32);
  const std::uint8_t* const chunk = packet.l4() + sizeof(SctpHeader);
  if (packet.contiguous < packet.l4_offset + sizeof(SctpHeader) + kNeeded ||
      header_at<SctpChunkHeader>(chunk).length.host() < kNeeded) {
    return 0;
  }
  return header_at<Wire32>(chunk + sizeof(SctpChunkHeader)).host();
}

inline std::uint32_t little_endian_at(const std::uint8_t* bytes) noexcept {
  return std::uint32_t{bytes[0]} | std::uint32_t{bytes[1]} << 8 | std::uint32_t{bytes[2]} << 16 |
         std::uint32_t{bytes[3]} << 24;
}
inline void store_checksum(SctpHeader& sctp, std::uint32_t crc) noexcept {
  for (unsigned i = 0; i < 4; ++i) sctp.checksum[i] = static_cast<std::uint8_t>(crc >> (8 * i));
}

// Writes the ports and corrects the checksum. `length`: of the whole SCTP packet, even if only its
// header is here.
inline void set_sctp_ports(SctpHeader& sctp, L4Port source, L4Port destination,
                           std::uint32_t length) noexcept {
  const auto* const header = reinterpret_cast<const std::uint8_t*>(&sctp);
  const std::uint32_t before = little_endian_at(header);
  sctp.source_port.store(source);
  sctp.destination_port.store(destination);
  const std::uint32_t difference = before ^ little_endian_at(header);
  store_checksum(sctp,
                 little_endian_at(sctp.checksum.data()) ^ crc32c_difference(difference, length));
}

}  // namespace portico
