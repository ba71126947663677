#pragma once

// Theory of operation
//
// A device with a queue for each worker spreads what it receives over them by a hash (RSS). Where
// it can, it hashes what the gateway does (net/owner_hash.h), with the same key and redirection
// table, so that a packet comes to the worker that owns its connection and nobody has to hand it
// over: the source alone, on a port that faces clients alone. Where it can't, and on ports that
// face Pods, it hashes all of the flow, and workers hand over: Pods send replies, whose clients are
// their destinations, and are clients too, whose queries to one Service would all come to one
// worker by their destination.
//
// A device whose table has 128 entries or more, or a number that the workers divide, then chooses
// as the gateway does.

#include <rte_ethdev.h>

#include <cstdint>
#include <vector>

#include "include/portico/gateway_config.h"

namespace portico {

// What the device is asked to hash (RTE_ETH_RSS_*), of what it can; 0: nothing.
std::uint64_t wanted_hash(const PortConfig& port, std::uint64_t capabilities) noexcept;

// The gateway's key for a device that takes one of `size` bytes. A client's side is so short that
// only the first 22 of them count.
std::vector<std::uint8_t> hash_key(std::size_t size);

// Tells a device that runs, with a queue for each worker, which queue each entry of its redirection
// table leads to. Returns what DPDK does: 0, or a negative errno.
int write_redirection_table(std::uint16_t device, std::uint16_t entries, std::uint16_t workers);

}  // namespace portico
