#pragma once

// Theory of operation
//
// Which endpoints are there: a generation per slot, nothing more, so that the question "does this
// connection's endpoint still exist?" costs a packet one read of four bytes, and none while no
// endpoint has gone since that was last asked of all connections (runtime/connection_ends.h).
//
// A slot's generation is even while the slot is free and odd while an endpoint lives in it; each
// allocate() and each free() adds one. An EndpointRef is a slot and the (odd) generation at which
// it was allocated, and its endpoint exists exactly as long as the slot's generation is that one:
//
//   slot 7    0          1              2           3
//             free       Pod A {7, 1}   free        Pod B {7, 3}      {7, 1} leads nowhere
//
// EndpointRef{} has generation 0 and never exists. A generation would repeat after 2^31 tenants.
//
// Slots are 0 ... capacity - 1, and whoever keeps something beside an endpoint (its counters, its
// Service) keeps it in an array of that length. A freed slot counts until release().
//
// generations_, departures_, size_   written by the control thread, read by the workers; atomic
// all others     the control thread's alone

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "dataplane/state/endpoint_ref.h"

namespace portico {

class EndpointTable {
 public:
  // Throws std::bad_alloc.
  explicit EndpointTable(std::uint32_t capacity);

  // Workers. `ref` came from allocate(), or is EndpointRef{}.
  bool exists(EndpointRef ref) const noexcept {
    return (ref.generation & 1) != 0 &&
           generations_[ref.slot].load(std::memory_order_relaxed) == ref.generation;
  }

  void prefetch(EndpointRef ref) const noexcept { __builtin_prefetch(&generations_[ref.slot]); }

  // How many endpoints have gone so far. Who sees a number sees that those do not exist().
  std::uint32_t departures() const noexcept { return departures_.load(std::memory_order_acquire); }

  // Control thread. allocate() returns false when every slot is in use. A freed slot's generation
  // moves on at once; the slot is handed out again only after release(), to be called when every
  // worker has passed the removal. free() of a reference that does not exist does nothing.
  bool allocate(EndpointRef& ref);
  void free(EndpointRef ref);
  void release();

  std::uint32_t size() const noexcept { return size_.load(std::memory_order_relaxed); }
  std::uint32_t capacity() const noexcept { return capacity_; }

 private:
  const std::uint32_t capacity_;
  std::unique_ptr<std::atomic<std::uint32_t>[]> generations_;
  std::vector<std::uint32_t> free_;     // slots to hand out, the next one last
  std::vector<std::uint32_t> waiting_;  // freed since the last release()
  std::atomic<std::uint32_t> size_ = 0;
  std::atomic<std::uint32_t> departures_ = 0;
};

}  // namespace portico
