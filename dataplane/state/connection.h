#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "dataplane/state/endpoint_ref.h"
#include "dataplane/state/tcp_state.h"
#include "dataplane/state/ticks.h"
#include "include/portico/byte_order.h"
#include "include/portico/ip_address.h"
#include "include/portico/protocol.h"

namespace portico {

// What a packet has in its headers, and what a connection is found by.
template <typename Address>
struct Tuple {
  Address source;
  Address destination;
  L4Port source_port;
  L4Port destination_port;
  Protocol protocol = Protocol::kTcp;

  friend bool operator==(const Tuple&, const Tuple&) = default;
};

// What rewriting one direction's packets adds to their checksums, RFC 1624 equation 3: computed
// when the connection is made, applied to each packet. One's complement sums, not complemented.
// The other direction's are their one's complement.
struct ChecksumDelta {
  std::uint16_t l3 = 0;  // IPv4 header: addresses
  std::uint16_t l4 = 0;  // TCP, UDP: addresses (pseudo header) and ports
};

// One connection, both directions in one record: the client's packets have the tuple
// (client -> service) and leave as (source -> endpoint); the endpoint's have (endpoint -> source)
// and leave as (service -> client). IPv4: one cache line; IPv6: two.
//
// Written and read by the owner worker only.
template <typename Address>
struct alignas(64) Connection {
  // In the order of the two tuples, so that ConnectionTable compares either without a branch.
  Address client;
  Address service;
  Address endpoint;
  Address source;  // the client's own, or one of the gateway's with masquerade
  L4Port client_port;
  L4Port service_port;
  L4Port endpoint_port;
  L4Port source_port;
  Protocol protocol = Protocol::kTcp;
  ConnectionState state = ConnectionState::kUdpUnreplied;
  ChecksumDelta delta;        // of Direction::kOriginal
  std::uint16_t witness = 0;  // what only the endpoint's correspondent can know: witness.h
  EndpointRef endpoint_ref;
  std::uint32_t last_seen = 0;  // ticks
  // The way that the packets of each direction take: the place of the next hop in the neighbor
  // table. True while the worker's way_epoch is this one.
  std::uint32_t way_epoch = 0;
  std::uint32_t ways[2] = {0xffffffff, 0xffffffff};
  std::uint32_t packets[2] = {0, 0};  // so far, indexed by Direction; they saturate

  Tuple<Address> original_tuple() const noexcept {
    return {client, service, client_port, service_port, protocol};
  }
  Tuple<Address> reply_tuple() const noexcept {
    return {endpoint, source, endpoint_port, source_port, protocol};
  }
};
static_assert(sizeof(Connection<Ipv4Address>) == 64);
static_assert(sizeof(Connection<Ipv6Address>) == 128);

// Zero when so many bytes are the same. Without a branch.
template <std::size_t kSize>
std::uint64_t difference(const unsigned char* a, const unsigned char* b) noexcept {
  static_assert(kSize % 4 == 0);
  std::uint64_t different = 0;
  std::size_t at = 0;
  for (; at + 8 <= kSize; at += 8) {
    std::uint64_t left, right;
    std::memcpy(&left, a + at, sizeof left);
    std::memcpy(&right, b + at, sizeof right);
    different |= left ^ right;
  }
  for (; at < kSize; at += 4) {
    std::uint32_t left, right;
    std::memcpy(&left, a + at, sizeof left);
    std::memcpy(&right, b + at, sizeof right);
    different |= left ^ right;
  }
  return different;
}

// Whether the packets in this direction come with this tuple. The record's two tuples are its two
// halves, of addresses and of ports, so that either is compared without a branch.
template <typename Address>
bool has_tuple(const Connection<Address>& record, Direction direction,
               const Tuple<Address>& tuple) noexcept {
  using T = Tuple<Address>;
  using Record = Connection<Address>;
  constexpr std::size_t kAddresses = 2 * sizeof(Address);
  constexpr std::size_t kPorts = 2 * sizeof(L4Port);
  static_assert(offsetof(Record, client) == 0);
  static_assert(offsetof(Record, service) == sizeof(Address));
  static_assert(offsetof(Record, endpoint) == kAddresses);
  static_assert(offsetof(Record, source) == kAddresses + sizeof(Address));
  static_assert(offsetof(Record, service_port) == offsetof(Record, client_port) + sizeof(L4Port));
  static_assert(offsetof(Record, endpoint_port) == offsetof(Record, client_port) + kPorts);
  static_assert(offsetof(Record, source_port) == offsetof(Record, endpoint_port) + sizeof(L4Port));
  static_assert(offsetof(T, destination) == offsetof(T, source) + sizeof(Address));
  static_assert(offsetof(T, destination_port) == offsetof(T, source_port) + sizeof(L4Port));

  const auto* bytes = reinterpret_cast<const unsigned char*>(&record);
  const auto* wanted = reinterpret_cast<const unsigned char*>(&tuple);
  const auto half = static_cast<std::size_t>(direction);
  const std::uint64_t addresses =
      difference<kAddresses>(bytes + half * kAddresses, wanted + offsetof(T, source));
  const std::uint64_t ports = difference<kPorts>(
      bytes + offsetof(Record, client_port) + half * kPorts, wanted + offsetof(T, source_port));
  const auto protocols = static_cast<std::uint64_t>(static_cast<unsigned>(record.protocol) ^
                                                    static_cast<unsigned>(tuple.protocol));
  return (addresses | ports | protocols) == 0;
}

}  // namespace portico
