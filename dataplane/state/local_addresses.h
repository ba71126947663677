#pragma once

#include <cstdint>

#include "include/portico/ip_address.h"
#include "include/portico/strong_id.h"

namespace portico {

// What an address is to the gateway; it may be several of these at once.
struct LocalAddress {
  bool own = false;      // configured on `port`
  bool snat = false;     // in the SNAT pool: packets to it are replies
  bool service = false;  // at least one Service is reached at it
  // A Service was reached at it, and connections to it may live on: packets to it still come from
  // clients, but nothing is answered for it any more.
  bool retired = false;
  PortId port;

  bool any() const noexcept { return own || snat || service || retired; }
};

// All addresses that are the gateway's in some way: an rte_hash with lock-free readers.
// Written by the control thread.
template <typename Address>
class LocalAddresses {
 public:
  explicit LocalAddresses(std::uint32_t capacity);
  ~LocalAddresses();

  // Workers. All false when the address is none of ours.
  LocalAddress find(const Address& address) const noexcept;

  // Control thread. add_*() return false when the table is full; when it is, the retired address
  // that was retired first gives way.
  bool add_own(const Address& address, PortId port);
  bool add_snat(const Address& address);
  // Counted: an address is a Service's until it was removed as often as it was added.
  bool add_service(const Address& address);
  void remove_service(const Address& address);
  void release();  // when every worker has passed the removals
};

}  // namespace portico
