#pragma once

// Theory of operation. One choice among the endpoints of a set, by the Service port's selection.
// The work is bounded whatever the number of endpoints:
//
//   random, round robin, Maglev   one draw. An endpoint at its limit is passed over by drawing
//                                 again, up to kDraws times, then by looking at up to kLooks in a
//                                 row.
//   least connections             exact among up to kLooks endpoints, else the better of two random
//                                 ones ("the power of two choices", Mitzenmacher, IEEE TPDS 2001).
//
// So with up to kLooks endpoints one that has room is always found; with more it may be missed,
// when nearly all are at their limits.
//
// Limits and loads count the connections of all workers. Other workers open some at the same time,
// so a limit may be exceeded by as many as there are workers' bursts under way.

#include "dataplane/net/ip.h"
#include "dataplane/net/owner_hash.h"
#include "dataplane/packet/burst.h"
#include "dataplane/stage/context.h"

namespace portico {

template <typename Address>
class Choice {
 public:
  using Candidate = ServiceEndpoint<Address>;
  static constexpr std::uint32_t kDraws = 16;
  static constexpr std::uint32_t kLooks = 64;

  // For `packet`, which is one of `packets`. `set` is not empty.
  Choice(Selection selection, const EndpointSet<Address>& set, const Packet& packet,
         const Batch& packets, StageContext& context) noexcept
      : selection_(selection), set_(set), packet_(packet), packets_(packets), context_(context) {}

  // Null when all that were looked at are at their limits.
  const Candidate* make() noexcept {
    if (selection_ == Selection::kLeastConnections) return least_loaded();
    const Candidate* endpoint = &set_.endpoints[draw(0)];
    return !set_.limited || has_room(*endpoint) ? endpoint : one_with_room();
  }

  bool has_room(const Candidate& endpoint) const noexcept {
    return endpoint.max_connections == 0 || open(endpoint) < endpoint.max_connections;
  }

 private:
  [[gnu::noinline]] const Candidate* one_with_room() noexcept {
    const Candidate* endpoint;
    for (std::uint32_t attempt = 1; attempt < kDraws; ++attempt) {
      endpoint = &set_.endpoints[draw(attempt)];
      if (has_room(*endpoint)) return endpoint;
    }
    return best_of_a_row();
  }

  std::uint32_t any() noexcept { return context_.random.below(set_.size()); }

  std::uint32_t draw(std::uint32_t attempt) noexcept {
    switch (selection_) {
      case Selection::kRandom:
      case Selection::kLeastConnections:
        break;
      case Selection::kRoundRobin: {
        const std::uint32_t turn = set_.cursors[context_.seat].next++;
        return set_.turns.empty() ? turn % set_.size() : set_.turns[turn % set_.turns.size()];
      }
      case Selection::kMaglev: {
        // Not seeded: every gateway must come to the same answer.
        const std::uint32_t hash =
            client_side_hash(source_of<Address>(packet_), packet_.source_port);
        return set_.maglev[(std::uint64_t{hash} + attempt) % set_.maglev.size()];
      }
    }
    if (set_.alias.empty()) return any();
    const std::uint32_t place = any();
    return set_.alias.choose(place, context_.random.next());
  }

  // Open connections, with those that earlier packets of this burst are about to open.
  std::uint32_t open(const Candidate& endpoint) const noexcept {
    std::uint32_t count = context_.load.open(endpoint.ref.slot) - endpoint.open_before;
    for (const Packet& other : packets_) {
      if (&other == &packet_) break;
      if (other.endpoint == &endpoint && other.undecided()) ++count;
    }
    return count;
  }

  // Fewer open connections for its weight, and room for one more.
  const Candidate* better(const Candidate* a, const Candidate& b) const noexcept {
    if (!has_room(b)) return a;
    if (a == nullptr) return &b;
    return std::uint64_t{open(b)} * a->weight < std::uint64_t{open(*a)} * b.weight ? &b : a;
  }

  [[gnu::noinline]] const Candidate* least_loaded() noexcept {
    if (set_.size() > kLooks) {
      for (std::uint32_t pair = 0; pair < kDraws / 2; ++pair) {
        const Candidate& first = set_.endpoints[any()];
        const Candidate* best = better(better(nullptr, first), set_.endpoints[any()]);
        if (best != nullptr) return best;
      }
    }
    return best_of_a_row();
  }

  // From a random one on, so that among equals each is as likely.
  const Candidate* best_of_a_row() noexcept {
    const Candidate* best = nullptr;
    const std::uint32_t first = any();
    const std::uint32_t looks = set_.size() < kLooks ? set_.size() : kLooks;
    for (std::uint32_t i = 0; i < looks; ++i) {
      best = better(best, set_.endpoints[(std::uint64_t{first} + i) % set_.size()]);
    }
    return best;
  }

  const Selection selection_;
  const EndpointSet<Address>& set_;
  const Packet& packet_;
  const Batch& packets_;
  StageContext& context_;
};

}  // namespace portico
