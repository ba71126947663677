#pragma once

#include "dataplane/net/ip.h"
#include "dataplane/stage/answer.h"
#include "dataplane/state/tcp_state.h"

namespace portico {

// Makes a TCP packet the reset that a host without this connection answers it with, in the packet's
// own memory (RFC 9293 section 3.10.7.1): from the packet's destination to its source,
//
//   an ACK came:   <SEQ=SEG.ACK><CTL=RST>
//   none came:     <SEQ=0><ACK=SEG.SEQ+SEG.LEN><CTL=RST,ACK>
//
// without options and data. Where it goes is the caller's to mark: send_back(). False, and the
// packet is unchanged, for a reset, which is never answered.
template <typename Address>
bool become_tcp_reset(Packet& packet) noexcept {
  if ((packet.tcp_flags & kTcpRst) != 0) return false;
  const Address client = source_of<Address>(packet);
  const Address server = destination_of<Address>(packet);
  const TcpHeader asked = header_at<TcpHeader>(packet.l4());
  const std::uint32_t data =
      packet.ip_length - (packet.payload_offset - std::uint32_t{packet.l3_offset});
  const std::uint32_t begin = (packet.tcp_flags & kTcpSyn) != 0, end = packet.tcp_flags & kTcpFin;

  // Options and extension headers go, so that there is room for both headers where they were.
  constexpr auto kIp = static_cast<std::uint16_t>(sizeof(typename Ip<Address>::Header));
  packet.l4_offset = static_cast<std::uint16_t>(packet.l3_offset + kIp);
  packet.payload_offset = static_cast<std::uint16_t>(packet.l4_offset + sizeof(TcpHeader));
  packet.truncate(packet.payload_offset);
  packet.ip_length = kIp + std::uint32_t{sizeof(TcpHeader)};
  write_answer_header(packet, Protocol::kTcp, server, client);
  auto& tcp = header_at<TcpHeader>(packet.l4());
  tcp = {};
  tcp.source_port = asked.destination_port;
  tcp.destination_port = asked.source_port;
  tcp.data_offset = (sizeof(TcpHeader) / 4) << 4;
  if ((packet.tcp_flags & kTcpAck) != 0) {
    tcp.sequence = asked.acknowledgement;
    tcp.flags = kTcpRst;
  } else {
    tcp.acknowledgement.set_host(asked.sequence.host() + data + begin + end);
    tcp.flags = kTcpRst | kTcpAck;
  }
  ChecksumSum sum = pseudo_header(server, client, Protocol::kTcp, sizeof tcp);
  sum.add(&tcp, sizeof tcp);
  tcp.checksum.store(Be16::from_wire(sum.checksum()));
  return true;
}

}  // namespace portico
