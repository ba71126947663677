#pragma once

#include "dataplane/net/headers.h"
#include "dataplane/packet/packet.h"
#include "dataplane/state/port_table.h"

namespace portico {

// The TTL or hop limit of what the gateway itself says (RFC 1700, "IP option numbers").
inline constexpr std::uint8_t kAnswerTtl = 64;

// Marks a frame, whose IP part has been made an answer, to go back to the host or router that
// handed us the question: it knows the way to the asker.
inline void send_back(Packet& packet, const Port& port) noexcept {
  auto& ethernet = header_at<EthernetHeader>(packet.data);
  ethernet.destination = ethernet.source;
  ethernet.source = port.mac;
  packet.verdict = Verdict::forward(port.id);
}

}  // namespace portico
