#pragma once

// A frame may lie in memory in several pieces: what was received into several buffers, or put
// together from fragments. Packet::contiguous is the first piece; the others hang on Packet::rest.

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "dataplane/packet/packet.h"

namespace portico {

struct Segment {
  const std::uint8_t* data = nullptr;
  std::uint32_t length = 0;
  const Segment* next = nullptr;
};

// Calls visit(bytes, size) for each piece of the frame's bytes [offset, offset + length), in order.
// Requires that they are in the frame.
template <typename Visit>
void visit_bytes(const Packet& packet, std::uint32_t offset, std::uint32_t length,
                 Visit&& visit) noexcept {
  const Segment first{packet.data, packet.contiguous, packet.rest};
  for (const Segment* segment = &first; segment != nullptr && length > 0; segment = segment->next) {
    if (offset >= segment->length) {
      offset -= segment->length;
      continue;
    }
    const std::uint32_t some = std::min(length, segment->length - offset);
    visit(segment->data + offset, some);
    length -= some;
    offset = 0;
  }
}

// Copies the frame's bytes [offset, offset + length) to `to`.
inline void copy_bytes(const Packet& packet, std::uint32_t offset, std::uint32_t length,
                       std::uint8_t* to) noexcept {
  visit_bytes(packet, offset, length, [&](const std::uint8_t* bytes, std::uint32_t size) {
    std::memcpy(to, bytes, size);
    to += size;
  });
}

}  // namespace portico
