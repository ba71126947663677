#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "dataplane/packet/packet_io.h"

namespace portico {

// PacketIo that costs as little as can be: frames of one size are copied from a list, over and
// over, into a few buffers; what is sent is forgotten. Its share of a measurement is measured by
// running it without the pipeline.
class ReplayIo : public PacketIo {
 public:
  static constexpr std::uint16_t kHeadroom = 128;

  // What arrives at port 0 from now on, in order and from the beginning again.
  void replay(std::vector<std::string> frames) {
    frames_ = std::move(frames);
    next_ = 0;
  }
  std::size_t port_count() const noexcept override { return 1; }
  void receive(WorkerId, PortId port, Burst& burst) noexcept override {
    fill(port, kBurstSize, burst);
  }
  std::size_t send(WorkerId, PortId, Packet* const*, std::size_t count) noexcept override {
    return count;
  }
  void free(Packet* const*, std::size_t) noexcept override {}
  void open(void* handle, Packet& packet) noexcept override {
    view(static_cast<std::uint8_t*>(handle), frames_[0].size(), packet);
  }
  void close(Packet&) noexcept override {}
  void complete(Packet&) noexcept override {}
  Reassembly reassemble(WorkerId, Packet&, Instant) noexcept override { return {}; }
  std::uint32_t expire_fragments(WorkerId, Instant) noexcept override { return 0; }
  bool allocate(std::uint32_t length, Packet& packet) noexcept override {
    view(spare_.data() + kHeadroom, length, packet);
    return true;
  }

 protected:
  // The next `count` frames.
  void fill(PortId port, std::size_t count, Burst& burst) noexcept {
    for (burst.count = 0; burst.count < count; ++burst.count) {
      const std::string& frame = frames_[next_];
      next_ = next_ + 1 == frames_.size() ? 0 : next_ + 1;
      std::uint8_t* const data = buffers_[burst.count].data() + kHeadroom;
      std::memcpy(data, frame.data(), frame.size());
      view(data, frame.size(), burst.packets[burst.count]);
      burst.packets[burst.count].in_port = port;
    }
  }
  // Which one of its burst a packet was.
  std::size_t place_of(const Packet& packet) const noexcept {
    const auto* const data = static_cast<const std::uint8_t*>(packet.handle);
    return static_cast<std::size_t>(data - buffers_[0].data()) / sizeof(Buffer);
  }

 private:
  static void view(std::uint8_t* data, std::size_t length, Packet& packet) noexcept {
    make_blank(packet);
    packet.data = data;
    packet.handle = data;
    packet.length = static_cast<std::uint32_t>(length);
    packet.contiguous = packet.length;
    packet.headroom = kHeadroom;
  }

  using Buffer = std::array<std::uint8_t, 2048>;

  std::vector<std::string> frames_;
  std::size_t next_ = 0;
  alignas(64) std::array<Buffer, kBurstSize> buffers_{};
  Buffer spare_{};
};

}  // namespace portico
