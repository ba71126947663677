#pragma once

#include <cstddef>
#include <cstdint>

#include "include/portico/strong_id.h"

namespace portico {

// The kernel's ends of the ports' kernel interfaces: dataplane/kernel implements it over TAP
// devices, the packet tests over plain memory. Frames are whole and untagged. Called by one thread.
class KernelPorts {
 public:
  virtual ~KernelPorts() = default;

  // Gives the kernel a frame that came in by `port`. False when its interface does not take it.
  virtual bool give(PortId port, const std::uint8_t* frame, std::size_t length) noexcept = 0;

  // Takes the next frame that the kernel sends by `port` into `room` bytes at `frame`. Returns its
  // length; 0 when there is none.
  virtual std::size_t take(PortId port, std::uint8_t* frame, std::size_t room) noexcept = 0;
};

}  // namespace portico
