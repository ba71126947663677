#pragma once

// What has changed in the tables of the Linux kernel, as far as they are mirrored.

#include <cstdint>
#include <string>
#include <vector>

#include "include/portico/ip_address.h"
#include "include/portico/tables.h"

namespace portico {

struct KernelNeighbor {
  enum class State : std::uint8_t {
    kReachable,  // has just answered the kernel
    kPermanent,  // set by the operator: it holds until it is gone
    kGone,       // is permanent no more
  };
  std::string port;
  IpAddress address;
  MacAddress mac;
  State state = State::kReachable;

  friend bool operator==(const KernelNeighbor&, const KernelNeighbor&) = default;
};

struct KernelChange {
  std::vector<Route> set_routes;  // new, or replacing the one with the same prefix; each has a port
  std::vector<IpPrefix> deleted_routes;
  std::vector<KernelNeighbor> neighbors;

  bool empty() const { return set_routes.empty() && deleted_routes.empty() && neighbors.empty(); }
};

}  // namespace portico
