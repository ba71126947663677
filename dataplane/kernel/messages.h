#pragma once

// Messages of rtnetlink(7) as plain values. Every length in them is checked.

#include <cstdint>
#include <optional>
#include <vector>

#include "include/portico/ip_address.h"

struct nlmsghdr;

namespace portico {

// RTM_NEWROUTE, RTM_DELROUTE: a unicast route.
struct RouteUpdate {
  struct Hop {
    unsigned interface = 0;
    std::optional<IpAddress> gateway;  // absent: on the link

    friend bool operator==(const Hop&, const Hop&) = default;
  };
  IpPrefix prefix;
  std::uint32_t table = 0;
  std::uint32_t metric = 0;
  std::vector<Hop> hops;  // those that are usable
  bool replaces = false;  // NLM_F_REPLACE: the route with the same prefix and metric is gone
  // Neither an operator nor a routing daemon has set it for good: it was learned from a router
  // advertisement or a redirect, which anybody on the link may send, or it expires.
  bool is_fleeting = false;
};

// RTM_NEWNEIGH, RTM_DELNEIGH: a host on an Ethernet link.
struct NeighborUpdate {
  unsigned interface = 0;
  IpAddress address;
  std::optional<MacAddress> mac;  // absent, or no unicast address: not resolved
  bool permanent = false;
  bool reachable = false;
};

// Nothing when the message is malformed or says something else: a route that is not unicast, is a
// copy in a cache, holds for a type of service only, or whose prefix is multicast or link-local;
// a next hop of another family is left out.
std::optional<RouteUpdate> read_route(const nlmsghdr& message);
std::optional<NeighborUpdate> read_neighbor(const nlmsghdr& message);
// RTM_NEWLINK, RTM_DELLINK, RTM_NEWADDR, RTM_DELADDR: the interface concerned.
std::optional<unsigned> read_interface(const nlmsghdr& message);

}  // namespace portico
