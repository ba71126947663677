#pragma once

#include <cstdint>

#include "dataplane/state/endpoint_ref.h"

namespace portico {

// Which endpoints are there: a generation per slot, nothing more, so that the question "does this
// connection's endpoint still exist?" costs a packet one read of four bytes.
// Written by the control thread, read by the workers.
class EndpointTable {
 public:
  explicit EndpointTable(std::uint32_t capacity);

  // Workers.
  bool exists(EndpointRef ref) const noexcept;

  // Control thread. allocate() returns false when every slot is in use. A freed slot's generation
  // moves on at once; the slot is handed out again only after release(), to be called when every
  // worker has passed the removal.
  bool allocate(EndpointRef& ref);
  void free(EndpointRef ref);
  void release();

  std::uint32_t size() const noexcept;
  std::uint32_t capacity() const noexcept;
};

}  // namespace portico
