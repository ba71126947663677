#pragma once

// Theory of operation
//
// What a client's side says may have been forged: whoever knows addresses and ports can send with
// them. What he can't know is what the endpoint has said to the client. So a connection's record
// has a *witness*, 16 bits of that, and a client's packet that does not agree with it changes
// nothing in the record; it is forwarded all the same, and the endpoint judges. The endpoint's
// packets come in at downlinks, and are believed.
//
// TCP. In SYN_RECEIVED: the upper half of the number that the client's ACK has to acknowledge (the
// sequence number that follows the endpoint's SYN); without the right one nobody is believed to
// have seen the SYN (RFC 9293 section 3.10.7.4). From then on: the upper half of what the endpoint
// has acknowledged last, and at first of the client's own sequence number; a client's sequence
// number has to be near it, as for the endpoint itself (RFC 5961). Near: from one step of 65,536
// bytes behind (keep-alive probes, what is retransmitted) to 16 ahead (data in flight, 1 MB),
// modulo 2^32. Of 65,536 guesses 18 are right. A SYN has a number of its own, and is judged by its
// state alone; so is whatever comes in the other unanswered states, out of which no client's packet
// leads.
//
// Example: the endpoint's SYN has 0x12345678; so an ACK of 0x12345679 establishes, as does
// 0x12360000, and one of 0x00000001 does not. The ACK's sequence number is 0xfffffff0: the witness
// is 0xffff, and a RST is believed with 0xfffe0000 ... 0x000fffff.
//
// SCTP. The lower half of the endpoint's Initiate Tag, which a client's packets have for their
// verification tag (RFC 9260 section 8.5); 0 while it is not known. It comes with the INIT ACK of
// an association that is not established; two that differ, for an INIT sent twice, leave it open.
// The client's COOKIE ECHO says which one it has taken, and is believed in that, since only the
// endpoint's COOKIE ACK establishes. A COOKIE ACK in an association that lives is the answer to a
// restarted client (section 5.2.4): its tag is not known. Nor is that of an association picked up
// in mid-stream. ABORT and SHUTDOWN COMPLETE with the T bit (section 8.5.1) carry the client's own
// tag, which we can't check: they are not believed where the endpoint's is known, and the
// association ends by its timeout. INIT has no tag, and is judged by its state alone.
//
// UDP has nothing of this kind. There the field holds the tick of the beginning, see transport.h.
//
// Written and read by the stages track and forward_established, in the worker that owns the
// connection.

#include <cstdint>

#include "dataplane/net/headers.h"
#include "dataplane/net/sctp.h"
#include "dataplane/packet/packet.h"
#include "dataplane/state/tcp_state.h"

namespace portico {

constexpr std::uint16_t upper_half(std::uint32_t number) noexcept {
  return static_cast<std::uint16_t>(number >> 16);
}

// Whether a sequence number is one of those that may go on from the witness.
constexpr bool is_near(std::uint32_t number, std::uint16_t witness) noexcept {
  constexpr unsigned kBehind = 1, kAhead = 16;
  return static_cast<std::uint16_t>(upper_half(number) - witness + kBehind) <= kBehind + kAhead;
}

namespace tcp {

// Whether a client's packet may change a connection that is in `state`.
inline bool is_believed(ConnectionState state, std::uint16_t witness,
                        const Packet& packet) noexcept {
  const auto& tcp = header_at<TcpHeader>(packet.l4());
  const bool resets = (packet.tcp_flags & kTcpRst) != 0;
  if (state == ConnectionState::kSynReceived) {
    return resets || is_near(tcp.acknowledgement.host(), witness);
  }
  if (is_unanswered(state) || (!resets && (packet.tcp_flags & kTcpSyn) != 0)) return true;
  return is_near(tcp.sequence.host(), witness);
}

// The witness after a packet that was believed and has led from `before` to `after`.
inline std::uint16_t next_witness(ConnectionState before, ConnectionState after,
                                  std::uint16_t witness, const Packet& packet) noexcept {
  if ((packet.tcp_flags & kTcpRst) != 0) return witness;
  const auto& tcp = header_at<TcpHeader>(packet.l4());
  if (packet.connection.direction == Direction::kOriginal) {
    const bool establishes = before == ConnectionState::kSynReceived && after != before;
    return establishes ? upper_half(tcp.sequence.host()) : witness;
  }
  if (after == ConnectionState::kSynReceived) {
    const std::uint32_t syn = (packet.tcp_flags & kTcpSyn) != 0 ? 1 : 0;
    return upper_half(tcp.sequence.host() + syn);
  }
  return (packet.tcp_flags & kTcpAck) != 0 ? upper_half(tcp.acknowledgement.host()) : witness;
}

}  // namespace tcp

namespace sctp {

inline std::uint16_t lower_half(std::uint32_t tag) noexcept {
  return static_cast<std::uint16_t>(tag);
}

inline bool is_believed(std::uint16_t witness, const Packet& packet) noexcept {
  if (witness == 0 || packet.sctp_chunks == kSctpInit) return true;
  return lower_half(header_at<SctpHeader>(packet.l4()).verification_tag.host()) == witness;
}

inline std::uint16_t next_witness(ConnectionState before, std::uint16_t witness,
                                  const Packet& packet) noexcept {
  using enum ConnectionState;
  const bool is_established = !is_unanswered(before);
  if (packet.connection.direction == Direction::kOriginal) {
    const bool tells = (packet.sctp_chunks & kSctpCookieEcho) != 0 && witness == 0;
    if (!tells || before != kSctpCookieWait) return witness;
    return lower_half(header_at<SctpHeader>(packet.l4()).verification_tag.host());
  }
  if ((packet.sctp_chunks & kSctpCookieAck) != 0 && is_established) return 0;
  // In COOKIE_ECHOED the client has made its choice.
  if (packet.sctp_chunks != kSctpInitAck || is_established || before == kSctpCookieEchoed) {
    return witness;
  }
  const std::uint16_t tag = lower_half(initiate_tag(packet));
  const bool is_second = before == kSctpCookieWait && witness != 0 && witness != tag;
  return is_second ? 0 : tag;
}

}  // namespace sctp

}  // namespace portico
