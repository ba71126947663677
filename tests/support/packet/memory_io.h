#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "dataplane/io/reassembler.h"
#include "dataplane/packet/packet_io.h"
#include "dataplane/packet/segment.h"

struct rte_mempool;

namespace portico {

// PacketIo over plain memory. Every frame, or every piece of it, lies in an allocation of its own
// that ends where it ends, so that a sanitizer sees each byte that is read too far; and every frame
// is accounted for. Fragments are put together by the same code as in production
// (io/reassembler.h): they are copied into mbufs for as long as they wait, and the whole packet
// back, piece by piece. So are checksums that are left to io (io/checksum_offload.h).
class MemoryIo : public PacketIo {
 public:
  explicit MemoryIo(std::size_t ports, const FragmentConfig& fragments = {})
      : fragments_(fragments), arriving_(ports), room_(ports, kUnlimited) {}

  static constexpr std::size_t kUnlimited = ~std::size_t{0};
  static constexpr std::uint16_t kHeadroom = 128;

  // A frame arrives at `port`. Worker `worker` is the one that polls the queue it is in.
  // With `checksum_missing` its sender has left the checksum to others.
  void arrive(PortId port, std::string frame, WorkerId worker = {0}, bool checksum_missing = false);
  // From now on frames arrive in pieces of so many bytes. 0: in one.
  void set_pieces(std::size_t bytes) { pieces_ = bytes; }
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
  // Fragments that wait in reassembly.
  std::size_t fragments_held() const;

  std::size_t port_count() const noexcept override { return arriving_.size(); }
  void receive(WorkerId worker, PortId port, Burst& burst) noexcept override;
  std::size_t send(WorkerId worker, PortId port, Packet* const* packets,
                   std::size_t count) noexcept override;
  void free(Packet* const* packets, std::size_t count) noexcept override;
  void open(void* handle, Packet& packet) noexcept override;
  void close(Packet& packet) noexcept override;
  void complete(Packet& packet) noexcept override;
  Reassembly reassemble(WorkerId worker, Packet& packet, Instant now) noexcept override;
  std::uint32_t expire_fragments(WorkerId worker, Instant now) noexcept override;
  bool allocate(std::uint32_t length, Packet& packet) noexcept override;

 private:
  struct Buffer {
    std::unique_ptr<std::uint8_t[]> memory;
    std::uint32_t begin = kHeadroom;  // of the frame
    std::uint32_t end = 0;
    PortId port;
    std::uint16_t largest_fragment = 0;
    bool checksum_missing = false;
    std::vector<std::unique_ptr<std::uint8_t[]>> pieces;  // behind the first
    std::vector<Segment> segments;                        // the same
  };
  struct Arriving {
    WorkerId worker;
    std::string frame;
    bool checksum_missing;
  };

  Buffer* make(std::uint32_t length, PortId port);
  static void append(Buffer& buffer, const void* bytes, std::size_t size);
  Buffer* make_of(const std::string& frame, PortId port);
  Buffer* make_of(rte_mbuf* mbuf);
  rte_mbuf* copy_of(const Packet& packet);
  Reassembler& reassembler(WorkerId worker);

  const FragmentConfig fragments_;
  // Of waiting fragments, which must go before their pool.
  std::unique_ptr<rte_mempool, void (*)(rte_mempool*)> mbufs_{nullptr, nullptr};
  std::map<std::uint16_t, std::unique_ptr<Reassembler>> reassemblers_;  // by WorkerId

  std::size_t pieces_ = 0;
  std::vector<std::deque<Arriving>> arriving_;
  std::vector<std::size_t> room_;
  std::size_t memory_ = kUnlimited;
  std::vector<Sent> sent_;
  std::map<void*, std::unique_ptr<Buffer>> buffers_;
};

}  // namespace portico
