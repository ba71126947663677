#pragma once

// Theory of operation
//
// All addresses that are the gateway's in some way, one table a family, looked up by workers to
// tell the client's packets (to a Service) from endpoints' replies (to a SNAT address), and to know
// what to answer ARP, neighbor solicitations and echo requests for.
//
// Each role comes and goes by itself, and an address may have several. A Service address is
// counted, since many Service ports share one. When the last is gone it becomes *retired*: TCP
// connections through it may live on, so that packets to it must still be seen as the client's.
// Nobody knows when the last of these connections ends, so retired addresses stay, until the table
// has no room for a new one; then the one that was retired first gives way.
//
//   add_service(a)  add_service(a)  remove_service(a)  remove_service(a)  add_own(b) ...
//   service         service         service            retired            gives way when full
//
// A node-port address is a Service's in one range of ports only, and may be the gateway's own or a
// SNAT address beside: there the destination port tells who speaks, the client or an endpoint, and
// the SNAT pool leaves that range out.
//
// The hash table's value is the whole LocalAddress, packed into its word: a change is one store.
//
// Workers ask of each new connection's client whether it is among them, and nearly none is: a
// filter before the table (address_filter.h) says so.
//
// filter_, table_    written by the control thread, read by the workers, lock-free
// records_, retired_ the control thread's alone

#include <cstdint>
#include <map>

#include "absl/container/flat_hash_map.h"
#include "dataplane/state/address_filter.h"
#include "dataplane/state/hash_table.h"
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
  bool node_port = false;  // Services are reached at it, on ports from `first` to `last`
  PortId port;
  std::uint16_t first = 0;
  std::uint16_t last = 0;

  bool any() const noexcept { return own || snat || service || retired || node_port; }
  // Whether no packet can honestly come from it. A retired address may be a host's by now.
  bool sends_nothing() const noexcept { return own || snat || service || node_port; }
  bool is_node_port(L4Port destination) const noexcept {
    return node_port && first <= destination.host() && destination.host() <= last;
  }
  // Whether packets to the address and this port come from clients: else from endpoints.
  bool faces_clients(L4Port destination) const noexcept {
    return service || retired || is_node_port(destination);
  }
};

template <typename Address>
class LocalAddresses {
 public:
  // Throws std::bad_alloc.
  explicit LocalAddresses(std::uint32_t capacity) : filter_(capacity), table_(capacity) {}

  // Workers. All false when the address is none of ours.
  LocalAddress find(const Address& address) const noexcept {
    return filter_.may_have(address) ? look_up(address) : LocalAddress{};
  }

  // Control thread. add_*() return false when the table is full of addresses that are not retired;
  // nothing has changed then.
  bool add_own(const Address& address, PortId port);
  bool add_snat(const Address& address);
  bool add_node_port(const Address& address, std::uint16_t first, std::uint16_t last);
  // Counted: an address is a Service's until it was removed as often as it was added.
  bool add_service(const Address& address);
  void remove_service(const Address& address);
  void release() { table_.release(); }  // when every worker has passed the removals

  std::uint32_t size() const noexcept { return table_.size(); }  // retired ones too
  std::uint32_t capacity() const noexcept { return table_.capacity(); }

 private:
  struct Record {
    LocalAddress roles;
    std::uint32_t services = 0;
    std::uint64_t retired_as = 0;  // key of retired_; 0: it is not in there
  };

  LocalAddress look_up(const Address& address) const noexcept;
  template <typename Change>  // void(Record&)
  bool add(const Address& address, Change&& change);
  bool make_room();
  void keep_from_giving_way(Record& record);

  AddressFilter<Address> filter_;
  HashTable<Address, std::uint64_t> table_;
  absl::flat_hash_map<Address, Record> records_;
  std::map<std::uint64_t, Address> retired_;  // nothing but retired, the first one first
  std::uint64_t next_retirement_ = 1;
};

}  // namespace portico
