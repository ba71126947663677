#pragma once

#include <cstdint>
#include <vector>

#include "dataplane/packet/packet.h"
#include "dataplane/state/port_table.h"
#include "include/portico/data_plane.h"

namespace portico {

// The memory of a packet that is never sent: what an ExplainRequest describes, as a frame that
// arrives at a port, with right lengths and checksums and without payload; or an ICMP error that
// quotes it.
class Probe {
 public:
  Probe(const ExplainRequest& request, const Port& port);

  // A packet over a fresh copy of the frame, as io/ would hand it in.
  Packet packet();

 private:
  static constexpr std::uint16_t kHeadroom = 128;

  PortId port_;
  std::vector<std::uint8_t> frame_;
  std::vector<std::uint8_t> memory_;  // headroom and copy
};

}  // namespace portico
