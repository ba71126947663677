#pragma once

// Frames as conversations speak of them: built and read by code of the tests' own, which shares
// nothing with the packet path.

#include <cstdint>
#include <optional>
#include <string>

#include "include/portico/ip_address.h"
#include "include/portico/protocol.h"
#include "tests/support/packet/sctp_segment.h"

namespace portico {

enum class FrameKind {
  kData,       // TCP, UDP or SCTP
  kEcho,       // ICMP echo request
  kEchoReply,  //
  kError,      // ICMP error, quoting the packet it is about
  kAsk,        // ARP request, neighbor solicitation
  kAnswer,     // ARP reply, neighbor advertisement
};

struct FrameSpec {
  FrameKind kind = FrameKind::kData;
  Protocol protocol = Protocol::kTcp;
  MacAddress source_mac, destination_mac;
  std::optional<std::uint16_t> vlan;
  IpAddress source, destination;  // kAsk: asker and target; kAnswer: target and asker
  std::uint16_t source_port = 0, destination_port = 0;
  std::uint8_t tcp_flags = 0;
  ChunkTypes sctp_chunks;
  std::uint32_t sequence = 0x01010101, acknowledgement = 0x01010101;  // TCP
  std::uint32_t tag = kSctpTag;  // SCTP: verification tag; of INIT and INIT ACK the Initiate Tag
  std::uint8_t ttl = 64;
  std::uint16_t payload = 0;  // bytes, of a pattern
  std::uint16_t echo_id = 0;
  // kLeft: to others, who are to add the segment up; TCP and UDP. Its field has the sum of the
  // pseudo header (virtio 1.1 section 5.1.6.2).
  enum class Checksum { kRight, kWrong, kZero, kLeft } checksum = Checksum::kRight;
  // IPv4: four bytes of options. IPv6: hop-by-hop and destination options.
  bool options = false;
  bool dont_fragment = true;  // IPv4
  std::uint16_t padding = 0;  // bytes behind the IP packet
  // kError: type, code, the four bytes behind the checksum, and the beginning of the packet that it
  // is about, from its IP header on.
  std::uint8_t icmp_type = 0, icmp_code = 0;
  std::uint32_t icmp_rest = 0;
  std::string quoted;

  // "TCP 10.20.0.10:1234 -> 10.100.3.59:80 SYN ttl=64"
  std::string to_string() const;
};

// With lengths, checksums and padding.
std::string build_frame(const FrameSpec& spec);

// Reads a frame that build_frame() could have made. Text instead of a FrameSpec: what is wrong with
// it, a wrong checksum excepted, which is told in `checksum`.
struct ReadFrame {
  FrameSpec spec;
  std::string error;
  bool payload_is_pattern = true;
};
ReadFrame read_frame(const std::string& frame);

// The Internet checksum, word by word (RFC 1071), in host order.
std::uint16_t plain_checksum(const std::string& bytes);

}  // namespace portico
