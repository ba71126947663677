#pragma once

// Theory of operation
//
// A listening TCP socket for each of the addresses and each port that is wanted. The addresses need
// not be there yet (IP_FREEBIND): they may come later, with the kernel's interface. A socket that
// can't be opened is told once, by the Service that misses it, and tried again with each follow();
// one that is not wanted any longer is closed.
//
// Not thread-safe.

#include <poll.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "include/portico/ip_address.h"

namespace portico {

// Ports, and the Service ("namespace/name") that is asked for on each.
using HealthCheckPorts = absl::btree_map<std::uint16_t, std::string>;

class Listeners {
 public:
  explicit Listeners(std::vector<IpAddress> addresses) : addresses_(std::move(addresses)) {}
  ~Listeners();
  Listeners(const Listeners&) = delete;
  Listeners& operator=(const Listeners&) = delete;

  // Closes and opens what it takes. Returns whether all are open.
  bool follow(const HealthCheckPorts& ports);

  // One for each open socket.
  std::vector<pollfd> to_poll() const;

 private:
  using Key = std::pair<std::uint16_t, IpAddress>;

  void open(const Key& key, const std::string& service);

  const std::vector<IpAddress> addresses_;
  absl::btree_map<Key, int> sockets_;         // -1: could not be opened
  absl::btree_map<Key, std::string> errors_;  // of those
};

}  // namespace portico
