#pragma once

#include <cstdint>

#include "absl/status/status.h"
#include "dataplane/packet/packet.h"
#include "include/portico/tables.h"

namespace portico {

// Where a packet goes next. `on_link`: to its destination itself; else to `gateway`.
template <typename Address>
struct NextHop {
  PortId port;
  bool on_link = false;
  Address gateway;
};

// Routes of one family: rte_lpm or rte_lpm6, whose result is an index into an array of next hops.
// Written by the control thread; readers are lock-free.
template <typename Address>
class RouteTable {
 public:
  explicit RouteTable(std::uint32_t capacity);
  ~RouteTable();

  // Workers. Null when no route holds the address.
  const NextHop<Address>* find(const Address& destination) const noexcept;

  // Control thread: any number of set() and erase(), then publish(), then a grace period, then
  // release(), before the next set() or erase(). Workers see the changes from publish() on, or, in
  // IPv4, one by one before it: rte_lpm can be changed under its readers and rte_lpm6 can't.
  //
  // ResourceExhausted when the table, or the array of next hops, is full; nothing has changed then.
  absl::Status set(const IpPrefix& prefix, const NextHop<Address>& hop);
  void erase(const IpPrefix& prefix);
  void publish();
  void release();  // when every worker has passed publish()

  std::uint32_t size() const noexcept;
  std::uint32_t capacity() const noexcept;
};

}  // namespace portico
