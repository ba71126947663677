#pragma once

#include <cstddef>
#include <new>
#include <string>
#include <type_traits>

#include <rte_ring_elem.h>

#include "dataplane/packet/packet.h"

namespace portico {

// A bounded queue from any number of threads to one: rte_ring with elements of type T. A thread
// that is preempted while it pushes does not hold up the others (RTS, see rte_ring.h).
template <typename T>
class Ring {
  static_assert(std::is_trivially_copyable_v<T> && sizeof(T) % 4 == 0);

 public:
  // Holds `capacity` elements, rounded up to a power of two minus one. `name` is unique in the
  // process. Throws std::bad_alloc.
  Ring(const std::string& name, unsigned capacity, int socket)
      : ring_(rte_ring_create_elem(name.c_str(), sizeof(T), rte_align32pow2(capacity + 1), socket,
                                   RING_F_MP_RTS_ENQ | RING_F_SC_DEQ)) {
    if (ring_ == nullptr) throw std::bad_alloc();
  }
  ~Ring() { rte_ring_free(ring_); }
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;

  // Returns how many of the first elements were taken.
  std::size_t push(const T* elements, std::size_t count) noexcept {
    return rte_ring_enqueue_burst_elem(ring_, elements, sizeof(T), static_cast<unsigned>(count),
                                       nullptr);
  }
  bool push(const T& element) noexcept { return push(&element, 1) == 1; }

  // What is pushed meanwhile may not be seen. Cheaper than an empty pop().
  bool empty() const noexcept { return rte_ring_empty(ring_) != 0; }
  // Returns how many there were, at most `count`.
  std::size_t pop(T* elements, std::size_t count) noexcept {
    return rte_ring_dequeue_burst_elem(ring_, elements, sizeof(T), static_cast<unsigned>(count),
                                       nullptr);
  }

  // How many elements more it takes; exact for who is alone in pushing.
  unsigned room() const noexcept { return rte_ring_free_count(ring_); }
  unsigned capacity() const noexcept { return rte_ring_get_capacity(ring_); }

 private:
  rte_ring* ring_;
};

// A packet on its way to another thread. What the stages found out about it stays behind, but for
// what the slow path and the kernel path need. A worker gets the bare handle.
struct PuntedPacket {
  void* handle = nullptr;
  IpAddress next_hop;
  PuntReason reason{};
  PortId port;  // the one it came in by; kNeighborMissing: the one it leaves by
};
struct OutgoingPacket {
  void* handle = nullptr;
  PortId port;
};

using HandOverRing = Ring<void*>;
using PuntRing = Ring<PuntedPacket>;
using OutboxRing = Ring<OutgoingPacket>;

}  // namespace portico
