#pragma once

// SCTP packets (RFC 9260), built and read by code of the tests' own.

#include <cstdint>
#include <string>
#include <vector>

namespace portico {

// The types of a packet's chunks, in order.
using ChunkTypes = std::vector<std::uint8_t>;

// "COOKIE-ECHO,DATA"; and the words of TCP for files that run in all protocols: SYN is INIT,
// "SYN,ACK" is INIT ACK, ACK with or without PSH is DATA, FIN is SHUTDOWN, RST is ABORT. Throws
// std::out_of_range.
ChunkTypes chunks_of(const std::string& word);
std::string chunks_text(const ChunkTypes& chunks);

// The tag that both ends have, unless a packet says otherwise.
inline constexpr std::uint32_t kSctpTag = 0x74616721;

// A packet whose last chunk carries `payload` behind its own fields. `tag` is the verification tag
// and in INIT, where that is zero, and INIT ACK the Initiate Tag. The checksum is right.
std::string build_sctp(std::uint16_t source, std::uint16_t destination, const ChunkTypes& chunks,
                       const std::string& payload, std::uint32_t tag = kSctpTag);

// Throws std::out_of_range when it is truncated.
struct ReadSctp {
  ChunkTypes chunks;
  std::string payload;
  std::uint32_t tag = 0;  // as in build_sctp()
  bool checksum_is_right = false;
};
ReadSctp read_sctp(const std::string& segment);

// CRC32c, bit by bit (RFC 9260 appendix A).
std::uint32_t plain_crc32c(const std::string& bytes);

}  // namespace portico
