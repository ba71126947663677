#include "dataplane/net/sctp.h"

#include <algorithm>

namespace portico {
namespace {

// Chunk types, RFC 9260 section 3.2; I-DATA is RFC 8260's.
enum : std::uint8_t {
  kData = 0,
  kInit = 1,
  kInitAck = 2,
  kSack = 3,
  kHeartbeat = 4,
  kHeartbeatAck = 5,
  kAbort = 6,
  kShutdown = 7,
  kShutdownAck = 8,
  kCookieEcho = 10,
  kCookieAck = 11,
  kShutdownComplete = 14,
  kInterleavedData = 64,
};

// More control chunks are in no honest packet.
constexpr int kMaxChunks = 16;
// Section 6.10: these three travel alone.
constexpr unsigned kAlone = kSctpInit | kSctpInitAck | kSctpShutdownComplete;

// `bytes`: of chunks, inside the packet; `readable`: that may be touched.
void read_chunks(Packet& packet, const std::uint8_t* chunks, std::uint32_t bytes,
                 std::uint32_t readable) noexcept {
  unsigned found = 0;
  int count = 0;
  std::uint32_t at = 0;
  for (; count < kMaxChunks && at < readable && readable - at >= sizeof(SctpChunkHeader); ++count) {
    const auto& chunk = header_at<SctpChunkHeader>(chunks + at);
    const std::uint32_t length = chunk.length.host();
    if (length < sizeof(SctpChunkHeader)) {
      if (count == 0) packet.drop(DropReason::l4_header_malformed);
      break;
    }
    if (length > bytes - at) {
      if (count == 0) packet.drop(DropReason::l4_truncated);
      break;
    }
    found |= sctp_chunk_kind(chunk.type);
    if (chunk.type == kData || chunk.type == kInterleavedData) break;
    at += (length + 3) & ~3u;
  }
  packet.sctp_chunks = static_cast<std::uint16_t>(found);
  const bool is_one_alone = count == 1 && at >= bytes;
  if ((found & kAlone) != 0 && !is_one_alone) packet.drop(DropReason::l4_header_malformed);
}

}  // namespace

std::uint16_t sctp_chunk_kind(std::uint8_t type) noexcept {
  switch (type) {
    case kData:
    case kSack:
    case kInterleavedData:
      return kSctpData;
    case kInit:
      return kSctpInit;
    case kInitAck:
      return kSctpInitAck;
    case kHeartbeat:
      return kSctpHeartbeat;
    case kHeartbeatAck:
      return kSctpHeartbeatAck;
    case kAbort:
      return kSctpAbort;
    case kShutdown:
      return kSctpShutdown;
    case kShutdownAck:
      return kSctpShutdownAck;
    case kCookieEcho:
      return kSctpCookieEcho;
    case kCookieAck:
      return kSctpCookieAck;
    case kShutdownComplete:
      return kSctpShutdownComplete;
    default:
      return 0;
  }
}

void parse_sctp(Packet& packet, std::uint32_t available) noexcept {
  const std::uint32_t readable = std::min(available, packet.contiguous - packet.l4_offset);
  if (readable < sizeof(SctpHeader) + sizeof(SctpChunkHeader)) {
    return packet.drop(DropReason::l4_truncated);
  }
  const auto& sctp = header_at<SctpHeader>(packet.l4());
  packet.source_port = sctp.source_port.load();
  packet.destination_port = sctp.destination_port.load();
  packet.payload_offset = static_cast<std::uint16_t>(packet.l4_offset + sizeof(SctpHeader));
  constexpr std::uint32_t kHeader = sizeof(SctpHeader);
  read_chunks(packet, packet.l4() + kHeader, available - kHeader, readable - kHeader);
  // Section 8.5.1 (A): who sends INIT knows no tag of the other end yet.
  const bool has_tag = sctp.verification_tag.host() != 0;
  if (packet.source_port == L4Port() || packet.destination_port == L4Port() ||
      (packet.sctp_chunks == kSctpInit && has_tag)) {
    packet.drop(DropReason::l4_header_malformed);
  }
}

}  // namespace portico
