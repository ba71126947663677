#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dataplane/state/endpoint_ref.h"
#include "include/portico/tables.h"

namespace portico {

// What a frontend is looked up by.
template <typename Address>
struct ServiceKey {
  Address address;
  L4Port port;
  Protocol protocol = Protocol::kTcp;
  std::uint8_t zero = 0;  // the key is hashed and compared as bytes

  friend bool operator==(const ServiceKey&, const ServiceKey&) = default;
};

// An endpoint that takes new connections.
template <typename Address>
struct ServiceEndpoint {
  Address address;
  L4Port port;
  EndpointRef ref;
};

// One Service port as workers see it: immutable, replaced whole, freed after a grace period.
template <typename Address>
struct ServiceEntry {
  std::string id;  // ServicePort::id
  Selection selection = Selection::kRandom;
  SourceAddress source_address = SourceAddress::kMasquerade;
  std::vector<ServiceEndpoint<Address>> endpoints;  // those that take new connections
  std::vector<std::uint16_t> maglev;  // with Selection::kMaglev: indexes into `endpoints`
};

// The service table of one family: an rte_hash with lock-free readers.
// One writer at a time (the control thread); workers only find().
template <typename Address>
class ServiceTable {
 public:
  // Throws std::bad_alloc.
  explicit ServiceTable(std::uint32_t capacity);
  ~ServiceTable();

  const ServiceEntry<Address>* find(const ServiceKey<Address>& key) const noexcept;
  // One pass over many keys; entries[i] is null where there is none. count <= kBurstSize.
  void find(const ServiceKey<Address>* keys, std::size_t count,
            const ServiceEntry<Address>** entries) const noexcept;

  // Control thread. The table does not own the entries. set() fails (false) only when the table is
  // full. A removed key's slot is used again after release(), to be called when every worker has
  // passed the removal.
  bool set(const ServiceKey<Address>& key, const ServiceEntry<Address>* entry);
  void erase(const ServiceKey<Address>& key);
  void release();

  std::uint32_t size() const noexcept;
  std::uint32_t capacity() const noexcept;
};

}  // namespace portico
