#pragma once

#include "dataplane/net/ip.h"
#include "dataplane/state/port_table.h"

namespace portico {

// The TTL or hop limit of what the gateway itself says (RFC 1700, "IP option numbers").
inline constexpr std::uint8_t kAnswerTtl = 64;

// Writes the IP header of an answer from `source` to `destination` at l3(). The length field
// follows packet.ip_length.
inline void write_answer_header(Packet& packet, Protocol protocol, const Ipv4Address& source,
                                const Ipv4Address& destination) noexcept {
  auto& ip = header_at<Ipv4Header>(packet.l3());
  ip = {};
  ip.version_and_length = 0x45;
  ip.total_length.set_host(static_cast<std::uint16_t>(packet.ip_length));
  ip.ttl = kAnswerTtl;
  ip.protocol = static_cast<std::uint8_t>(protocol);
  set_addresses(packet, source, destination);
  ChecksumSum sum;
  sum.add(&ip, sizeof ip);
  ip.checksum.store(Be16::from_wire(sum.checksum()));
}
inline void write_answer_header(Packet& packet, Protocol protocol, const Ipv6Address& source,
                                const Ipv6Address& destination) noexcept {
  auto& ip = header_at<Ipv6Header>(packet.l3());
  ip = {};
  ip.version_and_flow.set_host(6u << 28);
  ip.payload_length.set_host(static_cast<std::uint16_t>(packet.ip_length - sizeof ip));
  ip.next_header = static_cast<std::uint8_t>(protocol);
  ip.hop_limit = kAnswerTtl;
  set_addresses(packet, source, destination);
}

// Marks a frame, whose IP part has been made an answer, to go back to the host or router that
// handed us the question: it knows the way to the asker.
inline void send_back(Packet& packet, const Port& port) noexcept {
  auto& ethernet = header_at<EthernetHeader>(packet.data);
  ethernet.destination = ethernet.source;
  ethernet.source = port.mac;
  packet.verdict = Verdict::forward(port.id);
}
// The same for an answer that says that the packet was refused.
inline void refuse_back(Packet& packet, DropReason reason, const Port& port) noexcept {
  send_back(packet, port);
  packet.verdict = Verdict::refuse(reason, port.id);
}

}  // namespace portico
