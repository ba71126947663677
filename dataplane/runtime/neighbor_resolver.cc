#include "dataplane/runtime/neighbor_resolver.h"

#include "dataplane/net/headers.h"
#include "dataplane/runtime/neighbor_requests.h"

namespace portico {

NeighborResolver::NeighborResolver(const PortTable& ports, NeighborTable& table,
                                   SlowPathExits& exits)
    : ports_(ports),
      table_(table),
      exits_(exits),
      entries_room_(table.capacity(), ports.size()),
      waiting_room_(kWaitingInAll, ports.size()) {}

void NeighborResolver::keep(const std::vector<Key>& neighbors, Instant now) {
  for (auto& [key, entry] : entries_) entry.kept = false;
  for (const Key& key : neighbors) {
    const auto [at, is_new] = entries_.try_emplace(key);
    if (is_new && !entries_room_.take(key.first.value)) {
      entries_.erase(at);  // resolved when packets need it, like any other
      continue;
    }
    at->second.kept = true;
    if (!is_new) continue;
    at->second.confirmed = now;
    at->second.next_event = now;  // tick() asks
  }
}

void NeighborResolver::wait(Packet& packet, PortId port, const IpAddress& address, Instant now) {
  const Key key{port, address};
  Entry* const place = entry_of(key);
  if (place == nullptr) return exits_.drop(packet, DropReason::neighbor_queue_full);
  Entry& entry = *place;
  if (entry.state == State::kIncomplete && entry.requests == 0) {
    entry.confirmed = now;
    send_request(key, entry, now);
  }
  if (entry.waiting.size() >= kQueueSize || !waiting_room_.take(port.value)) {
    return exits_.drop(packet, DropReason::neighbor_queue_full);
  }
  entry.waiting.push_back(packet);
  // The answer may have come while the packet was on its way here.
  if (entry.state != State::kIncomplete) send_waiting(key, entry);
}

void NeighborResolver::learn(PortId port, const IpAddress& address, const MacAddress& mac,
                             Instant now) {
  const Key key{port, address};
  const auto found = entries_.find(key);
  if (found == entries_.end() || mac.is_multicast() || mac == MacAddress{}) return;
  Entry& entry = found->second;
  if (entry.state == State::kPermanent) return;
  if (entry.state != State::kIncomplete && mac != entry.mac) {
    if (entry.state == State::kReachable) doubt(key, entry, now);
    return;
  }
  resolve(key, entry, mac, State::kReachable, now);
}

bool NeighborResolver::resolve(const Key& key, Entry& entry, const MacAddress& mac, State state,
                               Instant now) {
  if (!table_.set(key.first, key.second, mac)) return false;
  entry.state = state;
  entry.mac = mac;
  entry.confirmed = now;
  const Duration reachable = entry.kept ? kKeptReachableTime : kReachableTime;
  entry.next_event = state == State::kPermanent ? Instant::max() : now + reachable;
  entry.requests = 0;
  send_waiting(key, entry);
  return true;
}

NeighborResolver::Entry* NeighborResolver::entry_of(const Key& key) {
  const auto found = entries_.find(key);
  if (found != entries_.end()) return &found->second;
  if (!entries_room_.take(key.first.value)) return nullptr;
  return &entries_.emplace(key, Entry{}).first->second;
}

void NeighborResolver::hint(PortId port, const IpAddress& address, const MacAddress& mac,
                            Instant now) {
  const Key key{port, address};
  Entry* const entry = entry_of(key);
  if (entry == nullptr || entry->state != State::kIncomplete) return;
  const bool is_new = entry->requests == 0;
  if (!resolve(key, *entry, mac, State::kReachable, now) && is_new) erase(key);
}

void NeighborResolver::set_permanent(PortId port, const IpAddress& address, const MacAddress& mac,
                                     Instant now) {
  const Key key{port, address};
  Entry* const entry = entry_of(key);
  if (entry == nullptr) return;
  const bool is_new = entry->state == State::kIncomplete && entry->requests == 0;
  if (!resolve(key, *entry, mac, State::kPermanent, now) && is_new) erase(key);
}

void NeighborResolver::erase(const Key& key) {
  entries_.erase(key);
  entries_room_.give_back(key.first.value);
}

bool NeighborResolver::end_permanence(PortId port, const IpAddress& address, Instant now) {
  const auto found = entries_.find({port, address});
  if (found == entries_.end() || found->second.state != State::kPermanent) return false;
  table_.erase(port, address);
  Entry& entry = found->second;
  if (entry.kept) {
    entry.state = State::kIncomplete;
    entry.next_event = now;  // tick() asks
  } else {
    erase({port, address});
  }
  return true;
}

// Somebody says that the neighbor is elsewhere. It is asked itself, where it was.
void NeighborResolver::doubt(const Key& key, Entry& entry, Instant now) {
  entry.state = State::kProbe;
  entry.requests = 0;
  send_request(key, entry, now);
}

bool NeighborResolver::tick(Instant now) {
  bool removed = false;
  for (auto at = entries_.begin(); at != entries_.end();) {
    if (at->second.next_event <= now && give_up_or_ask(at->first, at->second, now, removed)) {
      entries_room_.give_back(at->first.first.value);
      at = entries_.erase(at);
    } else {
      ++at;
    }
  }
  return removed;
}

// Returns whether the entry goes; `removed` tells whether workers lose it.
bool NeighborResolver::give_up_or_ask(const Key& key, Entry& entry, Instant now, bool& removed) {
  const bool unused =
      entry.state == State::kReachable && !table_.take_used(key.first, key.second) && !entry.kept;
  if (unused || entry.requests >= kMaxRequests) {
    if (entry.state != State::kIncomplete) {
      table_.erase(key.first, key.second);
      removed = true;
    }
    drop_waiting(key, entry);
    if (!entry.kept) return true;
    entry.state = State::kIncomplete;
    entry.requests = 0;
  }
  if (entry.state == State::kReachable) entry.state = State::kProbe;
  send_request(key, entry, now);
  return false;
}

void NeighborResolver::send_request(const Key& key, Entry& entry, Instant now) {
  ++entry.requests;
  entry.next_event = now + kRequestInterval;
  const MacAddress* at = entry.state == State::kProbe ? &entry.mac : nullptr;
  Packet request;
  if (make_neighbor_request(exits_.io(), ports_[key.first.value], key.second, at, request)) {
    exits_.send(request, key.first);
  }
}

void NeighborResolver::send_waiting(const Key& key, Entry& entry) {
  for (Packet& packet : entry.waiting) {
    header_at<EthernetHeader>(packet.data).destination = entry.mac;
    exits_.send(packet, key.first);
  }
  waiting_room_.give_back(key.first.value, entry.waiting.size());
  entry.waiting.clear();
}

void NeighborResolver::drop_waiting(const Key& key, Entry& entry) {
  for (Packet& packet : entry.waiting) exits_.drop(packet, DropReason::neighbor_unresolved);
  waiting_room_.give_back(key.first.value, entry.waiting.size());
  entry.waiting.clear();
}

std::vector<NeighborInfo> NeighborResolver::list(Instant now) const {
  std::vector<NeighborInfo> neighbors;
  for (const auto& [key, entry] : entries_) {
    NeighborInfo info;
    info.address = key.second;
    info.port = ports_[key.first.value].name;
    if (entry.state != State::kIncomplete) info.mac = entry.mac;
    info.state = entry.state == State::kIncomplete  ? "INCOMPLETE"
                 : entry.state == State::kReachable ? "REACHABLE"
                 : entry.state == State::kPermanent ? "PERMANENT"
                                                    : "PROBE";
    info.age = now - entry.confirmed;
    info.queued_packets = static_cast<std::uint32_t>(entry.waiting.size());
    neighbors.push_back(std::move(info));
  }
  return neighbors;
}

}  // namespace portico
