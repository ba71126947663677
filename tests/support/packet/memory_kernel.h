#pragma once

#include <cstring>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "dataplane/packet/kernel_ports.h"

namespace portico {

// The kernel's end of the ports' kernel interfaces, in memory.
class MemoryKernel : public KernelPorts {
 public:
  explicit MemoryKernel(std::size_t ports) : sending_(ports) {}

  struct Frame {
    PortId port;
    std::string frame;
  };

  // The kernel sends a frame.
  void send(PortId port, std::string frame) { sending_[port.value].push_back(std::move(frame)); }
  // What it was given since the last call.
  std::vector<Frame> take_given() { return std::exchange(given_, {}); }
  // Whether its interfaces are up.
  void set_up(bool up) { up_ = up; }
  std::size_t waiting(PortId port) const { return sending_[port.value].size(); }

  bool give(PortId port, const std::uint8_t* frame, std::size_t length) noexcept override {
    if (up_) given_.push_back({port, std::string(reinterpret_cast<const char*>(frame), length)});
    return up_;
  }
  std::size_t take(PortId port, std::uint8_t* frame, std::size_t room) noexcept override {
    std::deque<std::string>& frames = sending_[port.value];
    if (frames.empty()) return 0;
    const std::size_t length = std::min(room, frames.front().size());
    std::memcpy(frame, frames.front().data(), length);
    frames.pop_front();
    return length;
  }

 private:
  std::vector<std::deque<std::string>> sending_;  // by PortId
  std::vector<Frame> given_;
  bool up_ = true;
};

}  // namespace portico
