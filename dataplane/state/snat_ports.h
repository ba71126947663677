#pragma once

#include <cstdint>
#include <vector>

#include "dataplane/packet/packet.h"
#include "include/portico/gateway_config.h"

namespace portico {

// The source addresses and ports that one worker may use in one family: those whose replies hash
// home, net/owner_hash.h. It is only a list; whether a pair is free towards an endpoint is known by
// the connection table alone, since the tuple must be unique and not the port. Constant after
// start.
template <typename Address>
class SnatPorts {
 public:
  struct Candidate {
    Address address;
    L4Port port;
  };
  // How many candidates a new connection tries before it gives up: at 90 % of all ports in use
  // towards one endpoint, one in 700,000 new connections fails.
  static constexpr unsigned kAttempts = 128;

  SnatPorts(const SnatConfig& config, WorkerId worker, std::uint16_t workers);

  bool empty() const noexcept;
  std::size_t size() const noexcept;
  // The candidate of the `attempt`th try of a connection whose client's side hashes to `hash`. The
  // first size() attempts are all different. Requires !empty().
  Candidate candidate(std::uint32_t hash, unsigned attempt) const noexcept;
};

}  // namespace portico
