#include "tests/support/packet/memory_io.h"

#include <cstring>

namespace portico {

void MemoryIo::arrive(PortId port, std::string frame, WorkerId worker) {
  arriving_[port.value].push_back({worker, std::move(frame)});
}

std::vector<MemoryIo::Sent> MemoryIo::take_sent() {
  return std::exchange(sent_, {});
}

MemoryIo::Buffer* MemoryIo::make(std::uint32_t length, PortId port) {
  auto buffer = std::make_unique<Buffer>();
  buffer->memory = std::make_unique<std::uint8_t[]>(kHeadroom + length);
  buffer->end = kHeadroom + length;
  buffer->port = port;
  Buffer* const handle = buffer.get();
  buffers_.emplace(handle, std::move(buffer));
  return handle;
}

void MemoryIo::receive(WorkerId worker, PortId port, Burst& burst) noexcept {
  burst.count = 0;
  std::deque<Arriving>& queue = arriving_[port.value];
  while (burst.count < kBurstSize && !queue.empty() && queue.front().worker == worker) {
    const std::string& frame = queue.front().frame;
    Buffer* const buffer = make(static_cast<std::uint32_t>(frame.size()), port);
    std::memcpy(buffer->memory.get() + kHeadroom, frame.data(), frame.size());
    open(buffer, burst.packets[burst.count++]);
    queue.pop_front();
  }
}

std::size_t MemoryIo::send(WorkerId, PortId port, Packet* const* packets,
                           std::size_t count) noexcept {
  const std::size_t taken = std::min(count, room_[port.value]);
  for (std::size_t i = 0; i < taken; ++i) {
    const Packet& packet = *packets[i];
    sent_.push_back({port, std::string(reinterpret_cast<const char*>(packet.data), packet.length)});
  }
  if (room_[port.value] != kUnlimited) room_[port.value] -= taken;
  free(packets, taken);
  return taken;
}

void MemoryIo::free(Packet* const* packets, std::size_t count) noexcept {
  for (std::size_t i = 0; i < count; ++i) {
    // A frame that is freed twice ends the test here.
    if (buffers_.erase(packets[i]->handle) != 1) std::abort();
  }
}

void MemoryIo::open(void* handle, Packet& packet) noexcept {
  const Buffer& buffer = *static_cast<Buffer*>(handle);
  packet = Packet();
  packet.handle = handle;
  packet.data = buffer.memory.get() + buffer.begin;
  packet.length = buffer.end - buffer.begin;
  packet.contiguous = packet.length;
  packet.headroom = static_cast<std::uint16_t>(buffer.begin);
  packet.in_port = buffer.port;
}

void MemoryIo::close(Packet& packet) noexcept {
  Buffer& buffer = *static_cast<Buffer*>(packet.handle);
  buffer.begin = packet.headroom;
  buffer.end = packet.headroom + packet.length;
}

bool MemoryIo::allocate(std::uint32_t length, Packet& packet) noexcept {
  if (buffers_.size() >= memory_) return false;
  open(make(length, {}), packet);
  return true;
}

}  // namespace portico
