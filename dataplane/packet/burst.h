#pragma once

#include <array>
#include <cstddef>

#include "dataplane/packet/packet.h"

namespace portico {

// As many packets as go through the stages together: enough for a prefetch to be done before its
// line is needed, few enough that their headers stay in the first-level cache.
inline constexpr std::size_t kBurstSize = 32;

struct Burst {
  std::array<Packet, kBurstSize> packets;
  std::size_t count = 0;

  Packet* begin() noexcept { return packets.data(); }
  Packet* end() noexcept { return packets.data() + count; }
  const Packet* begin() const noexcept { return packets.data(); }
  const Packet* end() const noexcept { return packets.data() + count; }
};

// Some packets of a burst: those of one family, those without a connection.
class Batch {
 public:
  void add(Packet& packet) noexcept { packets_[count_++] = &packet; }
  std::size_t size() const noexcept { return count_; }
  bool empty() const noexcept { return count_ == 0; }
  Packet& operator[](std::size_t i) const noexcept { return *packets_[i]; }

  // Iterates over references, not pointers.
  class Iterator {
   public:
    explicit Iterator(Packet* const* at) noexcept : at_(at) {}
    Packet& operator*() const noexcept { return **at_; }
    Iterator& operator++() noexcept {
      ++at_;
      return *this;
    }
    friend bool operator==(Iterator, Iterator) noexcept = default;

   private:
    Packet* const* at_;
  };
  Iterator begin() const noexcept { return Iterator(packets_.data()); }
  Iterator end() const noexcept { return Iterator(packets_.data() + count_); }

 private:
  std::array<Packet*, kBurstSize> packets_;
  std::size_t count_ = 0;
};

}  // namespace portico
