// Random clients of several workers are masqueraded until the pool is nearly empty: no two of their
// connections may ever have a reply tuple in common, and every reply must hash to its owner.

#include <cstdint>
#include <memory>
#include <random>
#include <set>
#include <tuple>
#include <vector>

#include "dataplane/net/owner_hash.h"
#include "dataplane/state/connection_table.h"
#include "dataplane/state/snat_ports.h"
#include "gtest/gtest.h"
#include "tests/support/property_seed.h"

namespace portico {
namespace {

constexpr std::uint16_t kFirstPort = 1024, kLastPort = 1523;
constexpr unsigned kEndpoints = 3;

template <typename Address>
Address address_of(std::uint32_t host) {
  std::array<std::uint8_t, Address::kSize> bytes{};
  Ipv4Address{Be32::from_host(host)}.copy_to(bytes.data() + Address::kSize - 4);
  return Address::from_bytes(bytes.data());
}

template <typename Address>
class Gateway {
 public:
  Gateway(std::uint16_t workers, std::uint64_t seed) : workers_(workers), random_(seed) {
    SnatConfig config;
    config.addresses = {IpAddress(address_of<Address>(0x0a0c1601)),
                        IpAddress(address_of<Address>(0x0a0c1602))};
    config.first_port = kFirstPort;
    config.last_port = kLastPort;
    for (std::uint16_t w = 0; w < workers; ++w) {
      ports_.push_back(std::make_unique<SnatPorts<Address>>(config, WorkerId{w}, workers));
      tables_.push_back(
          std::make_unique<ConnectionTable<Address>>(8192, timeout_ticks(TimeoutConfig{}), -1));
    }
  }

  // A new client reaches an endpoint, or does not when the ports towards it are used up.
  bool connect() {
    Connection<Address> record;
    record.client = address_of<Address>(0x0a140000 + static_cast<std::uint32_t>(random_() % 50000));
    record.client_port = L4Port::from_host(static_cast<std::uint16_t>(random_()));
    record.service = address_of<Address>(0x0a64033b);
    record.service_port = L4Port::from_host(80);
    record.endpoint =
        address_of<Address>(0xc0a80103 + static_cast<std::uint32_t>(random_() % kEndpoints));
    record.endpoint_port = L4Port::from_host(8080);
    const std::uint32_t hash = client_side_hash(record.client, record.client_port);
    const WorkerId owner = owner_of(hash, workers_);
    ConnectionTable<Address>& table = *tables_[owner.value];
    if (table.find(record.original_tuple()).found()) return true;
    for (unsigned attempt = 0; attempt < SnatPorts<Address>::kAttempts; ++attempt) {
      const auto candidate = ports_[owner.value]->candidate(hash, attempt);
      record.source = candidate.address;
      record.source_port = candidate.port;
      if (table.find(record.reply_tuple()).found()) continue;
      check(record, owner);
      EXPECT_TRUE(table.insert(record).found());
      return true;
    }
    return false;
  }

  // Some connections end.
  void disconnect(unsigned one_in) {
    for (auto& table : tables_) {
      table->walk(0, table->capacity(), [&](ConnectionRef ref, const Connection<Address>& record) {
        if (random_() % one_in != 0) return;
        replies_.erase(key_of(record));
        table->erase(ref);
      });
    }
  }

  std::size_t connections() const { return replies_.size(); }

 private:
  using Key = std::tuple<IpAddress, IpAddress, std::uint16_t>;
  static Key key_of(const Connection<Address>& record) {
    return {record.endpoint, record.source, record.source_port.host()};
  }

  void check(const Connection<Address>& record, WorkerId owner) {
    EXPECT_TRUE(replies_.insert(key_of(record)).second) << "a tuple is used twice";
    // The reply's destination is the client's side.
    EXPECT_EQ(owner_of(client_side_hash(record.source, record.source_port), workers_), owner);
    EXPECT_GE(record.source_port.host(), kFirstPort);
    EXPECT_LE(record.source_port.host(), kLastPort);
  }

  std::uint16_t workers_;
  std::mt19937_64 random_;
  std::vector<std::unique_ptr<SnatPorts<Address>>> ports_;
  std::vector<std::unique_ptr<ConnectionTable<Address>>> tables_;
  std::set<Key> replies_;  // of all workers
};

template <typename Address>
void run_all() {
  const std::uint64_t seed = property_seed();
  SCOPED_TRACE(how_to_repeat(seed));
  constexpr std::size_t kTuples = 2 * (kLastPort - kFirstPort + 1) * kEndpoints;
  for (std::uint16_t workers = 1; workers <= 8; ++workers) {
    SCOPED_TRACE("workers " + std::to_string(workers));
    Gateway<Address> gateway(workers, seed);
    for (int round = 0; round < 3; ++round) {
      for (int i = 0; i < 8000; ++i) gateway.connect();
      // Clients came in plenty, so nearly every port was found and used towards every endpoint.
      EXPECT_GT(gateway.connections(), kTuples * 95 / 100);
      gateway.disconnect(3);
      EXPECT_LT(gateway.connections(), kTuples * 80 / 100);
    }
  }
}

TEST(SnatPortsProperty, TuplesAreUniqueAndRepliesHashHomeIpv4) {
  run_all<Ipv4Address>();
}
TEST(SnatPortsProperty, TuplesAreUniqueAndRepliesHashHomeIpv6) {
  run_all<Ipv6Address>();
}

}  // namespace
}  // namespace portico
