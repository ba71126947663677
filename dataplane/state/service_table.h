#pragma once

// Theory of operation
//
// From (address, port, protocol) to what is reached there, one table a family. The value is a
// pointer to an immutable ServiceEntry, which says how this sort of frontend treats its clients and
// points to what all frontends of the Service port share. Frontends that are treated alike share
// the entry too: a Service with a ClusterIP and ten external IPs has two.
//
//   10.96.0.10:80  ---------> ClusterIP, Cluster, off-cluster --+-> ServicePortEntry:
//   203.0.113.1:80 ----+                                         |   endpoint sets, selection, ...
//   203.0.113.2:80 ----+----> external IP, Local, preserve -----+
//
// To change a Service, the control thread makes new entries, completely, and replaces the pointer
// in one store under each key. Packets that are under way go on with the entry they found; the old
// one is freed after a grace period:
//
//   auto fresh = make_entries(...);         // everything that may fail happens here
//   for (key : frontends) table.set(key, fresh);
//   for (key : frontends that went) table.erase(key);
//   rcu.synchronize();                      // once for any number of Services
//   delete old;  table.release();
//
// The table owns neither entries nor endpoints. What it promises about capacity and concurrency is
// what state/hash_table.h promises.
//
// find()             workers, at any time
// set/erase/release  the control thread

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "dataplane/packet/burst.h"
#include "dataplane/state/endpoint_set.h"
#include "dataplane/state/hash_table.h"
#include "dataplane/state/prefix_set.h"
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

// What the frontends of a Service port have in common.
template <typename Address>
struct ServicePortEntry {
  std::string id;  // ServicePort::id
  // Stays through every change, and no other Service port ever gets it.
  std::uint64_t number = 0;
  Selection selection = Selection::kRandom;
  std::optional<Duration> client_affinity{};
  // By TrafficPolicy; both may be the same. `local` is empty if no frontend has kLocal.
  std::shared_ptr<const EndpointSet<Address>> cluster = std::make_shared<EndpointSet<Address>>();
  std::shared_ptr<const EndpointSet<Address>> local = std::make_shared<EndpointSet<Address>>();
};

// One sort of a Service port's frontends as workers see it: immutable, replaced whole, freed after
// a grace period.
template <typename Address>
struct ServiceEntry {
  const ServicePortEntry<Address>* port = nullptr;  // lives as long
  FrontendKind kind = FrontendKind::kClusterIp;
  TrafficPolicy policy = TrafficPolicy::kCluster;
  SourceAddress source_address = SourceAddress::kMasquerade;
  PrefixSet<Address> source_ranges{};  // empty: all clients
};

template <typename Address>
class ServiceTable {
 public:
  using Key = ServiceKey<Address>;
  using Entry = ServiceEntry<Address>;

  // Throws std::bad_alloc.
  explicit ServiceTable(std::uint32_t capacity) : table_(capacity) {}

  // Null when there is none.
  const Entry* find(const Key& key) const noexcept { return table_.find(key).value_or(nullptr); }

  // One pass over many keys; entries[i] is null where there is none. count <= kBurstSize.
  void find(const Key* keys, std::size_t count, const Entry** entries) const noexcept {
    static_assert(kBurstSize <= Table::kMaxKeys);
    const std::uint64_t found = table_.find(keys, count, entries);
    for (std::size_t i = 0; i < count; ++i) {
      if ((found >> i & 1) == 0) entries[i] = nullptr;
    }
  }

  // False only when the table is full. A removed key's place is used again after release(), to be
  // called when every worker has passed the removal.
  bool set(const Key& key, const Entry* entry) { return table_.set(key, entry); }
  void erase(const Key& key) { table_.erase(key); }
  void release() { table_.release(); }

  std::uint32_t size() const noexcept { return table_.size(); }
  std::uint32_t capacity() const noexcept { return table_.capacity(); }

 private:
  using Table = HashTable<Key, const Entry*>;
  Table table_;
};

}  // namespace portico
