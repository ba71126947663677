#pragma once

// Theory of operation
//
// Session affinity: where each client's last connection to each Service port went, so that the next
// one goes there too. An entry is (client address, ServicePortEntry::number) -> EndpointRef and the
// time of the last connection. Only new connections of Services that want affinity come here.
//
// A client's connections are spread over all workers, by its ports, so the table is shared. It is
// in shards by the hash of the key, each with a spinlock, which a worker holds from looking an
// entry up until it has written what it chose (Hold): two connections of one client at the same
// time, at two workers, get the same endpoint.
//
// Nothing is swept: an entry that is too old, or whose endpoint is gone or takes no new
// connections, is found useless when it is looked at and overwritten. A shard that is full forgets
// the client whose last connection is the longest ago. Numbers of Service ports are never used
// again, so that entries of deleted ones are never found.
//
// Capacity: reserved at start, 72 bytes an entry and 4 to 8 of its shard's hash table.

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "dataplane/state/endpoint_ref.h"
#include "dataplane/state/random_seed.h"
#include "dataplane/state/tuple_hash.h"
#include "include/portico/ip_address.h"
#include "include/portico/time.h"

namespace portico {

struct AffinityKey {
  Ipv6Address client;  // of IPv4 clients the first four bytes
  std::uint64_t service_port = 0;

  template <typename Address>
  static AffinityKey of(const Address& client, std::uint64_t service_port) noexcept {
    AffinityKey key;
    client.copy_to(key.client.bytes.data());
    key.service_port = service_port;
    return key;
  }
  friend bool operator==(const AffinityKey&, const AffinityKey&) = default;
};

class AffinityTable {
  struct Shard;

 public:
  // Throws std::bad_alloc. `seed` is the secret of the hash, for tests alone to give.
  explicit AffinityTable(std::uint32_t capacity, std::uint64_t seed = random_seed());
  ~AffinityTable();

  // A client's place in the table, which nobody else looks at meanwhile. Any thread; short.
  class Hold {
   public:
    Hold(AffinityTable& table, const AffinityKey& key) noexcept;
    ~Hold();
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;

    // Where the client's last connection went; EndpointRef{} if there was none for `timeout`.
    EndpointRef endpoint(Instant now, Duration timeout) const noexcept;
    void remember(EndpointRef endpoint, Instant now) noexcept;

   private:
    Hold(AffinityTable& table, const AffinityKey& key, std::uint64_t hash) noexcept;

    Shard& shard_;
    const AffinityKey key_;
    const std::uint64_t hash_;
    std::uint32_t entry_;
  };

 private:
  std::uint64_t hash_of(const AffinityKey& key) const noexcept;
  Shard& shard_of(std::uint64_t hash) const noexcept;

  const TupleHash hash_;
  std::vector<std::unique_ptr<Shard>> shards_;
};

}  // namespace portico
