#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "dataplane/packet/packet_io.h"

namespace portico {

// PacketIo over plain memory. Every frame lies in an allocation of its own that ends where the
// frame ends, so that a sanitizer sees each byte that is read too far; and every frame is accounted
// for.
class MemoryIo : public PacketIo {
 public:
  explicit MemoryIo(std::size_t ports) : arriving_(ports), room_(ports, kUnlimited) {}

  static constexpr std::size_t kUnlimited = ~std::size_t{0};
  static constexpr std::uint16_t kHeadroom = 128;

  // A frame arrives at `port`. Worker `worker` is the one that polls the queue it is in.
  void arrive(PortId port, std::string frame, WorkerId worker = {0});
  // What was sent since the last call, in order.
  struct Sent {
    PortId port;
    std::string frame;
  };
  std::vector<Sent> take_sent();
  // From now on the port takes only so many more frames.
  void set_room(PortId port, std::size_t frames) { room_[port.value] = frames; }
  // From now on there is memory for so many frames at a time.
  void set_memory(std::size_t frames) { memory_ = frames; }
  // Frames that are neither sent nor freed: in rings, or waiting for a neighbor.
  std::size_t held() const { return buffers_.size(); }

  std::size_t port_count() const noexcept override { return arriving_.size(); }
  void receive(WorkerId worker, PortId port, Burst& burst) noexcept override;
  std::size_t send(WorkerId worker, PortId port, Packet* const* packets,
                   std::size_t count) noexcept override;
  void free(Packet* const* packets, std::size_t count) noexcept override;
  void open(void* handle, Packet& packet) noexcept override;
  void close(Packet& packet) noexcept override;
  bool allocate(std::uint32_t length, Packet& packet) noexcept override;

 private:
  struct Buffer {
    std::unique_ptr<std::uint8_t[]> memory;
    std::uint32_t begin = kHeadroom;  // of the frame
    std::uint32_t end = 0;
    PortId port;
  };
  struct Arriving {
    WorkerId worker;
    std::string frame;
  };

  Buffer* make(std::uint32_t length, PortId port);

  std::vector<std::deque<Arriving>> arriving_;
  std::vector<std::size_t> room_;
  std::size_t memory_ = kUnlimited;
  std::vector<Sent> sent_;
  std::map<void*, std::unique_ptr<Buffer>> buffers_;
};

}  // namespace portico
