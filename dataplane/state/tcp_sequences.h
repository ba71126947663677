#pragma once

// Theory of operation. The sequence number that each end of each TCP connection would use next, by
// what has gone by: what a reset needs to be believed (RFC 5961 section 3.2). Kept beside the
// records of ConnectionTable, 8 bytes each and indexed like them, and only where the configuration
// asks for resets; else there is no memory, and nothing is noted.
//
// A number only grows (modulo 2^32), so that retransmissions and keep-alive probes change nothing;
// what comes first in a direction sets it: the client's packets while nobody has answered, the
// endpoint's first and its SYNs. A client's packet that witness.h does not believe is not noted.
// Written by the stages track and forward_established, read when the worker ends a connection; its
// owner's alone.

#include <array>
#include <cstdint>
#include <memory>

#include "dataplane/packet/packet.h"

namespace portico {

class TcpSequences {
 public:
  // `connections` 0: none are kept. Throws std::bad_alloc.
  explicit TcpSequences(std::uint32_t connections)
      : next_(connections > 0 ? std::make_unique<Numbers[]>(connections) : nullptr) {}

  bool kept() const noexcept { return next_ != nullptr; }

  // Both require kept().
  void note(ConnectionRef ref, std::uint32_t next, bool first) noexcept {
    std::uint32_t& known = next_[ref.index][static_cast<std::size_t>(ref.direction)];
    if (first || static_cast<std::int32_t>(next - known) > 0) known = next;
  }
  std::uint32_t next(std::uint32_t index, Direction direction) const noexcept {
    return next_[index][static_cast<std::size_t>(direction)];
  }

 private:
  using Numbers = std::array<std::uint32_t, 2>;  // indexed by Direction
  std::unique_ptr<Numbers[]> next_;
};

}  // namespace portico
