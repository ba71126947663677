#pragma once

// Theory of operation. The life of a neighbor, after RFC 4861 section 7.3 (and for ARP as Linux
// does it), driven by the slow path's clock:
//
//   INCOMPLETE  a packet waits; a request is broadcast (multicast) every second,
//               kMaxRequests times; then the waiting packets are dropped and the entry goes
//   REACHABLE   an answer came: workers see the MAC address, the waiting packets leave
//   PROBE       kReachableTime after the last answer, if a worker has used the entry since: asked
//               again, at its own MAC address, while workers go on using it; without an answer it
//               goes. An entry that nobody used goes at once.
//   PERMANENT   the operator has set it in the kernel's table, which is mirrored: it is
//               believed, and nothing else is, until it is gone there
//
// That the kernel has just heard of a neighbor (hint()) counts where nothing better is known: an
// entry that is not there or INCOMPLETE becomes REACHABLE. One that has its own answer is left
// alone.
//
// Neighbors that are kept are asked every kKeptReachableTime whether they are used or not, and once
// a second while they are silent.
//
// Bounds: kQueueSize packets wait for one neighbor, kWaitingInAll for all together, the entries are
// as many as the neighbor table holds. Half of both is shared out to the ports, so that packets to
// ever new addresses on the link of one leave room for the others. Only answers to requests of ours
// are believed: an unknown address is never learned, and whoever claims a known one for another MAC
// address only makes us probe the neighbor where it was. This is stricter than RFC 4861
// section 7.2.5, which lets an advertisement with the override flag replace the address at once:
// nothing proves who sent it. A neighbor that did move is found again after the probes, in three
// seconds.
//
// Called by the slow path's thread only.

#include <cstdint>
#include <deque>
#include <map>
#include <utility>
#include <vector>

#include "dataplane/packet/packet.h"
#include "dataplane/runtime/shared_room.h"
#include "dataplane/runtime/slow_path_exits.h"
#include "dataplane/state/neighbor_table.h"
#include "dataplane/state/port_table.h"
#include "include/portico/data_plane.h"

namespace portico {

class NeighborResolver {
 public:
  static constexpr std::size_t kQueueSize = 16;  // packets, each neighbor
  static constexpr std::size_t kWaitingInAll = 1024;
  static constexpr int kMaxRequests = 3;  // RFC 4861 section 10: MAX_MULTICAST_SOLICIT
  static constexpr Duration kRequestInterval = std::chrono::seconds(1);  // RETRANS_TIMER
  static constexpr Duration kReachableTime = std::chrono::seconds(30);   // REACHABLE_TIME
  static constexpr Duration kKeptReachableTime = std::chrono::seconds(5);

  NeighborResolver(const PortTable& ports, NeighborTable& table, SlowPathExits& exits);

  // The next hops of routes that have several: these are kept known, packets or not, so that
  // another one is taken only for those that don't answer, and until they do. All of them, each
  // time.
  void keep(const std::vector<std::pair<PortId, IpAddress>>& neighbors, Instant now);
  // A packet, complete but for its destination MAC address, waits for `address` on `port`.
  void wait(Packet& packet, PortId port, const IpAddress& address, Instant now);
  // An answer came in by `port`.
  void learn(PortId port, const IpAddress& address, const MacAddress& mac, Instant now);
  // From the kernel's table.
  void hint(PortId port, const IpAddress& address, const MacAddress& mac, Instant now);
  void set_permanent(PortId port, const IpAddress& address, const MacAddress& mac, Instant now);
  // Returns whether the entry was removed from the table.
  bool end_permanence(PortId port, const IpAddress& address, Instant now);
  // Asks again, gives up, lets entries go. Returns whether entries were removed from the table.
  bool tick(Instant now);

  std::vector<NeighborInfo> list(Instant now) const;

 private:
  using Key = std::pair<PortId, IpAddress>;
  enum class State { kIncomplete, kReachable, kProbe, kPermanent };
  struct Entry {
    State state = State::kIncomplete;
    MacAddress mac;
    Instant confirmed;  // the last answer, or the first request
    Instant next_event;
    int requests = 0;
    bool kept = false;
    std::deque<Packet> waiting;
  };

  // Finds the entry, or makes one; null when there is no room.
  Entry* entry_of(const Key& key);
  void erase(const Key& key);
  bool resolve(const Key& key, Entry& entry, const MacAddress& mac, State state, Instant now);
  void doubt(const Key& key, Entry& entry, Instant now);
  void send_request(const Key& key, Entry& entry, Instant now);
  void send_waiting(const Key& key, Entry& entry);
  void drop_waiting(const Key& key, Entry& entry);
  bool give_up_or_ask(const Key& key, Entry& entry, Instant now, bool& removed);

  const PortTable& ports_;
  NeighborTable& table_;
  SlowPathExits& exits_;
  std::map<Key, Entry> entries_;
  SharedRoom entries_room_;  // by port
  SharedRoom waiting_room_;  // packets, in all entries; by port
};

}  // namespace portico
