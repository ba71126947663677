#pragma once

#include "tests/support/packet/frame.h"

namespace portico {

// A packet from 10.0.0.1:1234 to 10.0.0.2:80, or from fd00::1 to fd00::2.
inline FrameSpec spec_of(bool v4, Protocol protocol) {
  FrameSpec spec;
  spec.protocol = protocol;
  spec.source = *IpAddress::parse(v4 ? "10.0.0.1" : "fd00::1");
  spec.destination = *IpAddress::parse(v4 ? "10.0.0.2" : "fd00::2");
  spec.source_port = 1234;
  spec.destination_port = 80;
  return spec;
}

}  // namespace portico
