#include "tests/support/packet/sctp_segment.h"

#include <algorithm>
#include <map>

#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace portico {
namespace {

constexpr std::size_t kCommonHeader = 12;
constexpr std::size_t kChecksumAt = 8;

const std::map<std::string, std::uint8_t> kTypes = {{"DATA", 0},
                                                    {"INIT", 1},
                                                    {"INIT-ACK", 2},
                                                    {"SACK", 3},
                                                    {"HEARTBEAT", 4},
                                                    {"HEARTBEAT-ACK", 5},
                                                    {"ABORT", 6},
                                                    {"SHUTDOWN", 7},
                                                    {"SHUTDOWN-ACK", 8},
                                                    {"ERROR", 9},
                                                    {"COOKIE-ECHO", 10},
                                                    {"COOKIE-ACK", 11},
                                                    {"SHUTDOWN-COMPLETE", 14}};
const std::map<std::string, std::uint8_t> kTypesOfFlags = {
    {"SYN", 1},     {"SYN,ACK", 2}, {"ACK", 0}, {"PSH,ACK", 0},
    {"FIN,ACK", 7}, {"FIN", 7},     {"RST", 6}, {"RST,ACK", 6}};

// Bytes between the chunk's header and what varies: sections 3.3.1 to 3.3.8.
std::size_t fixed_part(std::uint8_t type) {
  if (type == 1 || type == 2) return 16;
  if (type == 0 || type == 3) return 12;
  return type == 7 ? 4 : 0;
}

bool has_initiate_tag(std::uint8_t type) {
  return type == 1 || type == 2;
}

std::string be16(std::size_t value) {
  return {static_cast<char>(value >> 8), static_cast<char>(value)};
}
std::size_t read8(const std::string& bytes, std::size_t at) {
  return static_cast<std::uint8_t>(bytes.at(at));
}

std::string little_endian(std::uint32_t value) {
  std::string bytes;
  for (int shift = 0; shift < 32; shift += 8) bytes += static_cast<char>(value >> shift);
  return bytes;
}

}  // namespace

std::uint32_t plain_crc32c(const std::string& bytes) {
  // The polynomial as the standard writes it, most significant bit first, over reflected bytes.
  std::uint32_t crc = 0xffffffff;
  for (const char c : bytes) {
    for (int bit = 0; bit < 8; ++bit) {
      const bool in = (static_cast<std::uint8_t>(c) >> bit & 1) != 0;
      const bool out = (crc & 0x80000000) != 0;
      crc = (crc << 1) ^ (in != out ? 0x1edc6f41u : 0u);
    }
  }
  std::uint32_t reflected = 0;
  for (int bit = 0; bit < 32; ++bit) reflected |= (crc >> bit & 1) << (31 - bit);
  return ~reflected;
}

ChunkTypes chunks_of(const std::string& word) {
  if (word == "none") return {};
  if (const auto at = kTypesOfFlags.find(word); at != kTypesOfFlags.end()) return {at->second};
  ChunkTypes chunks;
  for (const absl::string_view name : absl::StrSplit(word, ',')) {
    chunks.push_back(kTypes.at(std::string(name.data(), name.size())));
  }
  return chunks;
}

std::string chunks_text(const ChunkTypes& chunks) {
  return absl::StrJoin(chunks, ",", [](std::string* text, std::uint8_t type) {
    const auto at = std::find_if(kTypes.begin(), kTypes.end(),
                                 [&](const auto& known) { return known.second == type; });
    *text += at == kTypes.end() ? std::to_string(type) : at->first;
  });
}

std::string build_sctp(std::uint16_t source, std::uint16_t destination, const ChunkTypes& chunks,
                       const std::string& payload, std::uint32_t tag) {
  const bool is_init = !chunks.empty() && chunks[0] == 1;
  const std::string tag_bytes = be16(tag >> 16) + be16(tag & 0xffff);
  std::string segment = be16(source) + be16(destination) +
                        (is_init ? std::string(4, '\0') : tag_bytes) + std::string(4, '\0');
  for (std::size_t i = 0; i < chunks.size(); ++i) {
    std::string value(fixed_part(chunks[i]), '\1');
    if (has_initiate_tag(chunks[i])) value.replace(0, 4, tag_bytes);
    if (i + 1 == chunks.size()) value += payload;
    segment += std::string{static_cast<char>(chunks[i]), '\0'} + be16(4 + value.size()) + value;
    while (segment.size() % 4 != 0) segment += '\0';
  }
  return segment.replace(kChecksumAt, 4, little_endian(plain_crc32c(segment)));
}

ReadSctp read_sctp(const std::string& segment) {
  ReadSctp result;
  std::string zeroed = segment;
  zeroed.replace(kChecksumAt, 4, 4, '\0');
  result.checksum_is_right = segment.substr(kChecksumAt, 4) == little_endian(plain_crc32c(zeroed));
  std::size_t tag_at = 4;
  for (std::size_t at = kCommonHeader; at < segment.size();) {
    const auto type = static_cast<std::uint8_t>(read8(segment, at));
    if (has_initiate_tag(type)) tag_at = at + 4;
    const std::size_t length = read8(segment, at + 2) << 8 | read8(segment, at + 3);
    const std::size_t header = 4 + fixed_part(type);
    if (length < header || at + length > segment.size()) throw std::out_of_range("chunk");
    result.chunks.push_back(type);
    result.payload = segment.substr(at + header, length - header);
    at += (length + 3) / 4 * 4;
  }
  for (std::size_t i = 0; i < 4; ++i) {
    result.tag = result.tag << 8 | static_cast<std::uint32_t>(read8(segment, tag_at + i));
  }
  return result;
}

}  // namespace portico
