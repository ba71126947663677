#include "tests/support/packet/memory_io.h"

#include <rte_mbuf.h>

#include <algorithm>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "dataplane/io/checksum_offload.h"

namespace portico {

namespace {

constexpr unsigned kMbufs = 8191;
constexpr std::uint16_t kMbufSize = 10'240;

std::string unique_name() {
  static int number = 0;
  return absl::StrCat("memory_io_", number++);
}

}  // namespace

void MemoryIo::arrive(PortId port, std::string frame, WorkerId worker, bool checksum_missing) {
  arriving_[port.value].push_back({worker, std::move(frame), checksum_missing});
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

void MemoryIo::append(Buffer& buffer, const void* bytes, std::size_t size) {
  auto& piece = buffer.pieces.emplace_back(std::make_unique<std::uint8_t[]>(size));
  std::memcpy(piece.get(), bytes, size);
  buffer.segments.push_back({piece.get(), static_cast<std::uint32_t>(size), nullptr});
  for (std::size_t i = 0; i + 1 < buffer.segments.size(); ++i) {
    buffer.segments[i].next = &buffer.segments[i + 1];
  }
}

MemoryIo::Buffer* MemoryIo::make_of(const std::string& frame, PortId port) {
  const std::size_t piece = pieces_ == 0 ? frame.size() : pieces_;
  const std::size_t first = std::min(piece, frame.size());
  Buffer* const buffer = make(static_cast<std::uint32_t>(first), port);
  std::memcpy(buffer->memory.get() + kHeadroom, frame.data(), first);
  for (std::size_t at = first; at < frame.size(); at += piece) {
    append(*buffer, frame.data() + at, std::min(piece, frame.size() - at));
  }
  return buffer;
}

// A whole packet: each of its mbufs becomes a piece.
MemoryIo::Buffer* MemoryIo::make_of(rte_mbuf* mbuf) {
  Buffer* const buffer = make(mbuf->data_len, {mbuf->port});
  std::memcpy(buffer->memory.get() + kHeadroom, rte_pktmbuf_mtod(mbuf, void*), mbuf->data_len);
  buffer->largest_fragment = static_cast<std::uint16_t>(mbuf->hash.usr);
  for (rte_mbuf* more = mbuf->next; more != nullptr; more = more->next) {
    append(*buffer, rte_pktmbuf_mtod(more, void*), more->data_len);
  }
  return buffer;
}

// An mbuf with the packet's bytes.
rte_mbuf* MemoryIo::copy_of(const Packet& packet) {
  if (mbufs_ == nullptr) {
    mbufs_ = {rte_pktmbuf_pool_create(unique_name().c_str(), kMbufs, 0, 0, kMbufSize, -1),
              rte_mempool_free};
    if (mbufs_ == nullptr) throw std::bad_alloc();
  }
  rte_mbuf* const mbuf = rte_pktmbuf_alloc(mbufs_.get());
  if (mbuf == nullptr || packet.length > rte_pktmbuf_tailroom(mbuf)) std::abort();
  copy_bytes(packet, 0, packet.length,
             reinterpret_cast<std::uint8_t*>(
                 rte_pktmbuf_append(mbuf, static_cast<std::uint16_t>(packet.length))));
  mbuf->port = packet.in_port.value;
  return mbuf;
}

Reassembler& MemoryIo::reassembler(WorkerId worker) {
  std::unique_ptr<Reassembler>& made = reassemblers_[worker.value];
  if (made == nullptr) made = *Reassembler::create(fragments_, unique_name(), -1);
  return *made;
}

std::size_t MemoryIo::fragments_held() const {
  return mbufs_ == nullptr ? 0 : rte_mempool_in_use_count(mbufs_.get());
}

Reassembly MemoryIo::reassemble(WorkerId worker, Packet& packet, Instant now) noexcept {
  Reassembler& fragments = reassembler(worker);
  rte_mbuf* const mbuf = copy_of(packet);
  rte_mbuf* whole = nullptr;
  const Reassembly result = fragments.add(packet, mbuf, now, whole);
  Packet* const old = &packet;
  free(&old, 1);
  if (result.joined == 0) return result;
  open(make_of(whole), packet);
  rte_pktmbuf_free(whole);
  return result;
}

std::uint32_t MemoryIo::expire_fragments(WorkerId worker, Instant now) noexcept {
  const auto at = reassemblers_.find(worker.value);
  return at == reassemblers_.end() ? 0 : at->second->expire(now);
}

void MemoryIo::receive(WorkerId worker, PortId port, Burst& burst) noexcept {
  burst.count = 0;
  std::deque<Arriving>& queue = arriving_[port.value];
  while (burst.count < kBurstSize && !queue.empty() && queue.front().worker == worker) {
    Buffer* const buffer = make_of(queue.front().frame, port);
    buffer->checksum_missing = queue.front().checksum_missing;
    open(buffer, burst.packets[burst.count++]);
    queue.pop_front();
  }
}

std::size_t MemoryIo::send(WorkerId, PortId port, Packet* const* packets,
                           std::size_t count) noexcept {
  const std::size_t taken = std::min(count, room_[port.value]);
  for (std::size_t i = 0; i < taken; ++i) {
    Packet& packet = *packets[i];
    complete(packet);
    std::string frame(packet.length, '\0');
    copy_bytes(packet, 0, packet.length, reinterpret_cast<std::uint8_t*>(frame.data()));
    sent_.push_back({port, std::move(frame)});
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
  packet.rest = buffer.segments.empty() ? nullptr : buffer.segments.data();
  for (const Segment& segment : buffer.segments) packet.length += segment.length;
  packet.headroom = static_cast<std::uint16_t>(buffer.begin);
  packet.in_port = buffer.port;
  packet.largest_fragment = buffer.largest_fragment;
  packet.checksum_missing = buffer.checksum_missing;
}

void MemoryIo::close(Packet& packet) noexcept {
  Buffer& buffer = *static_cast<Buffer*>(packet.handle);
  buffer.begin = packet.headroom;
  buffer.end = packet.headroom + packet.contiguous;
  if (packet.rest == nullptr) buffer.segments.clear();
}

void MemoryIo::complete(Packet& packet) noexcept {
  if (!packet.checksum_missing) return;
  rte_mbuf* const mbuf = copy_of(packet);
  complete_checksum(mbuf);
  std::memcpy(packet.data, rte_pktmbuf_mtod(mbuf, const void*), packet.contiguous);
  rte_pktmbuf_free(mbuf);
  packet.checksum_missing = static_cast<Buffer*>(packet.handle)->checksum_missing = false;
}

bool MemoryIo::allocate(std::uint32_t length, Packet& packet) noexcept {
  if (buffers_.size() >= memory_) return false;
  open(make(length, {}), packet);
  return true;
}

}  // namespace portico
