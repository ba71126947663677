#pragma once

// Theory of operation
//
// How much of what is addressed to the gateway itself gets through to the kernel. A flood of it
// must reach neither the kernel nor, through the queue to it, the packets of routing daemons: what
// is too much is dropped by the worker, before any queue. Each port with a kernel interface has a
// limit for each class of traffic, so that no class can starve another:
//
//   kRouting       what routers on the link say to each other: ARP and neighbor discovery, the
//                  groups of the link (OSPF, VRRP, RA, MLD), link-local addresses, and protocols
//                  without ports (OSPF) from a source on the link
//   kConversation  TCP and UDP of a tuple on which the kernel itself has spoken: sessions of BGP,
//                  SSH, BFD, answers to the gateway's own questions
//   kOther         all else: what any stranger can send, SYNs, echo requests, datagrams, tunnels
//
// Within a class the sources have shares (state/fair_limit.h), so that neither one neighbor nor one
// stranger who has a session takes the class from all others.
//
// That the kernel has spoken is learned from what it sends (note_sent()): any UDP, and TCP segments
// but SYN and RST, which it also sends to strangers. So a forged ACK is kOther like a SYN, and the
// flood that drowns new SSH connections leaves those that exist alone. Tuples are remembered in a
// direct-mapped table of hashes. One that is overwritten by another is noted again by the next
// segment that the kernel sends on it, and is kOther until then.
//
// The buckets are shared by the workers, as a port's limit is the port's. A worker that finds one
// empty only reads it, so a flood costs no shared writes beyond the limit.
//
// admit(), classify()  any worker
// note_sent()          the kernel path, one thread

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "dataplane/state/fair_limit.h"
#include "dataplane/state/port_table.h"
#include "dataplane/state/random_seed.h"
#include "dataplane/state/tuple_hash.h"
#include "include/portico/time.h"

namespace portico {

enum class KernelTraffic : std::uint8_t { kRouting, kConversation, kOther };

// RateLimit (stage/rate_limit.h) for several threads.
class SharedRateLimit {
 public:
  SharedRateLimit(std::uint32_t per_second, std::uint32_t burst) noexcept
      : interval_(std::chrono::seconds(1)), depth_(0) {
    interval_ /= per_second;
    depth_ = interval_ * burst;
  }

  bool take(Instant now) noexcept {
    const Duration::rep at = now.time_since_epoch().count();
    Duration::rep due = due_.load(std::memory_order_relaxed);
    for (;;) {
      const Duration::rep next = std::max(due, at - depth_.count()) + interval_.count();
      if (next > at) return false;
      if (due_.compare_exchange_weak(due, next, std::memory_order_relaxed)) return true;
    }
  }

 private:
  Duration interval_;
  Duration depth_;
  std::atomic<Duration::rep> due_ = 0;
};

class KernelGate {
 public:
  // `seed`: a secret, but for tests.
  explicit KernelGate(const PortTable& ports, std::uint64_t seed = random_seed()) : hash_(seed) {
    for (const Port& port : ports) {
      const std::uint32_t rate = port.kernel ? port.kernel->packets_per_second : 1;
      limits_.push_back(std::make_unique<Limits>(rate));
    }
  }

  // Whether one more packet of the class may go to the kernel. `port` has a kernel interface. Hosts
  // on its link are told apart; from beyond, an IPv6 /64 is one source.
  template <typename Address>
  bool admit(PortId port, KernelTraffic traffic, const Address& source, bool is_on_link,
             Instant now) noexcept {
    const std::uint64_t hash = is_on_link ? hash_.of_host(source) : hash_.of_source(source);
    return limits_[port.value]->of[static_cast<std::size_t>(traffic)].take(hash, now);
  }

  // Of a TCP or UDP packet that arrived with this tuple.
  template <typename Address>
  KernelTraffic classify(const Tuple<Address>& tuple) const noexcept {
    const std::uint64_t hash = hash_(tuple);
    const bool known = place_of(hash).load(std::memory_order_relaxed) == hash;
    return known ? KernelTraffic::kConversation : KernelTraffic::kOther;
  }
  // The kernel has sent a packet to which one with this tuple is the answer.
  template <typename Address>
  void note_sent(const Tuple<Address>& answer) noexcept {
    const std::uint64_t hash = hash_(answer);
    std::atomic<std::uint64_t>& place = place_of(hash);
    if (place.load(std::memory_order_relaxed) != hash) {
      place.store(hash, std::memory_order_relaxed);
    }
  }

 private:
  static constexpr std::size_t kPlaces = 8192;

  struct Limits {
    explicit Limits(std::uint32_t rate) : of{make(rate), make(rate), make(rate)} {}
    // 20 ms of traffic at once, and what the shares add: less than the queue to the kernel holds.
    static FairLimit<SharedRateLimit> make(std::uint32_t rate) {
      return {rate, std::clamp(rate / 50, 32u, 256u)};
    }
    FairLimit<SharedRateLimit> of[3];
  };

  std::atomic<std::uint64_t>& place_of(std::uint64_t hash) const noexcept {
    return places_[hash % kPlaces];
  }

  const TupleHash hash_;
  const std::unique_ptr<std::atomic<std::uint64_t>[]> places_ =
      std::make_unique<std::atomic<std::uint64_t>[]>(kPlaces);
  std::vector<std::unique_ptr<Limits>> limits_;  // by PortId
};

}  // namespace portico
