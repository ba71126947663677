#pragma once

// A packet on its way through the stages: a view of the frame's memory, and what the stages have
// found out so far. It owns nothing; `handle` says to io/ whose memory it is.

#include <cstdint>

#include "dataplane/packet/verdict.h"
#include "include/portico/ip_address.h"
#include "include/portico/protocol.h"

namespace portico {

// Which way a packet of a connection goes.
enum class Direction : std::uint8_t {
  kOriginal,  // from the client, to the Service
  kReply,     // from the endpoint, to the client
};

// A connection in its worker's table, and which of its two tuples a packet has.
struct ConnectionRef {
  // So that an index and a direction fit in 32 bits. What is not found() may have any direction.
  static constexpr std::uint32_t kNone = 0x7fffffff;
  std::uint32_t index = kNone;
  Direction direction = Direction::kOriginal;

  constexpr bool found() const noexcept { return index != kNone; }
  friend bool operator==(const ConnectionRef&, const ConnectionRef&) = default;
};

struct Segment;

// The packet that an ICMP error quotes, as far as the error has it. Offsets are relative to
// Packet::data.
struct Quote {
  std::uint16_t l3_offset = 0;
  std::uint16_t l4_offset = 0;
  std::uint16_t l4_here = 0;    // bytes from the l4 header on that are in the error; at least 8
  std::uint16_t l4_length = 0;  // that the quoted packet had
  Protocol protocol = Protocol::kTcp;
  bool is_error = false;  // the packet is an ICMP error, whether its quote makes sense or not

  constexpr bool is_known() const noexcept { return l4_offset != 0; }
};

struct alignas(64) Packet {
  // Set by io/. data[0] is the first byte of the Ethernet header.
  std::uint8_t* data = nullptr;
  void* handle = nullptr;
  std::uint32_t length = 0;       // bytes of the frame, over all segments
  std::uint32_t contiguous = 0;   // bytes that may be touched from `data` on
  const Segment* rest = nullptr;  // the frame's other pieces, see packet/segment.h
  std::uint16_t headroom = 0;     // free bytes before `data`
  // Of a packet that was put together from fragments: bytes of the largest one, from its IP header
  // on. 0: it came whole.
  std::uint16_t largest_fragment = 0;
  PortId in_port;
  bool from_hand_over = false;  // another worker has found this worker to be the owner
  // What stands in the TCP or UDP checksum's field means nothing; the sender meant it to be written
  // later, and io/ does when the packet leaves. What the packet becomes instead may have one.
  bool checksum_missing = false;

  // Set by parse(); all of [0, payload_offset) has been checked to be contiguous.
  bool is_ip = false;
  Family family = Family::kIpv4;
  Protocol protocol = Protocol::kTcp;
  std::uint8_t tcp_flags = 0;        // as in RFC 9293 section 3.1; 0 for other protocols
  std::uint16_t sctp_chunks = 0;     // a set of SctpChunks (net/sctp.h); 0 for other protocols
  std::uint16_t l3_offset = 0;       // of the IP or ARP header
  std::uint16_t l4_offset = 0;       // of the TCP, UDP, SCTP, ICMP header
  std::uint16_t payload_offset = 0;  // behind the TCP, UDP, SCTP, ICMP header
  std::uint32_t ip_length = 0;       // bytes from the IP header on, without Ethernet padding
  // TCP, UDP, SCTP; of an ICMP error those of the packet it quotes, the other way round.
  L4Port source_port;
  L4Port destination_port;
  Quote quote;

  // Set by forward_established(), also of packets that it leaves, find_connection() and
  // create_connection().
  ConnectionRef connection;
  // Set by forward_established() where it has found no connection: the hash of the packet's tuple.
  std::uint64_t unknown_hash = 0;

  // Set by find_service() and pick_endpoint(), for a packet without a connection: the immutable
  // ServiceEntry<Address> of its family, and the chosen one of its endpoints, a
  // ServiceEndpoint<Address>; both are valid for this burst.
  const void* service = nullptr;
  const void* endpoint = nullptr;

  // Set by next_hop() when it looks the way up: the address whose MAC address the frame is sent to.
  IpAddress next_hop;
  // Set by whoever lets the packet leave: it does so in fragments of at most so many bytes, from
  // the IP header on. 0: in one piece.
  std::uint16_t fragment_size = 0;

  Verdict verdict;

  bool undecided() const noexcept { return !verdict.decided(); }
  // Sent, or to be sent when its neighbor is known.
  bool may_leave() const noexcept {
    return verdict.kind() == Verdict::Kind::kForward ||
           (verdict.kind() == Verdict::Kind::kPunt &&
            verdict.punt_reason() == PuntReason::kNeighborMissing);
  }
  std::uint8_t* l3() noexcept { return data + l3_offset; }
  const std::uint8_t* l3() const noexcept { return data + l3_offset; }
  std::uint8_t* l4() noexcept { return data + l4_offset; }
  const std::uint8_t* l4() const noexcept { return data + l4_offset; }

  void drop(DropReason reason) noexcept { verdict = Verdict::drop(reason); }

  // Moves the beginning of the frame: `bytes` more of headroom become part of it. Offsets that
  // stages have stored are relative to `data`, and are not adjusted. Requires bytes <= headroom.
  void prepend(std::uint16_t bytes) noexcept {
    data -= bytes;
    headroom = static_cast<std::uint16_t>(headroom - bytes);
    length += bytes;
    contiguous += bytes;
  }
  // The reverse: the first `bytes` of the frame become headroom. Requires bytes <= contiguous.
  void trim_front(std::uint16_t bytes) noexcept {
    data += bytes;
    headroom = static_cast<std::uint16_t>(headroom + bytes);
    length -= bytes;
    contiguous -= bytes;
  }
  // Cuts the frame to its first `bytes`. Requires bytes <= contiguous.
  void truncate(std::uint32_t bytes) noexcept {
    length = bytes;
    contiguous = bytes;
    rest = nullptr;
  }
};

// Makes it a Packet{}, by copying a blank one. The compiler must not see that this one is nearly
// all zeroes: it would clear so many bytes by `rep stos`, which takes some 20 cycles to begin.
inline void make_blank(Packet& packet) noexcept {
  static constexpr Packet kBlank;
  const Packet* blank = &kBlank;
  asm("" : "+r"(blank));
  packet = *blank;
}

}  // namespace portico
