#pragma once

// Connections that are about to be made, those of a burst together, so that what all of them touch
// is on its way into the cache before it is needed: drafted in passes, each over all of them, and
// then made one by one (create_connection.cc).

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "dataplane/stage/context.h"
#include "dataplane/stage/source_rule.h"
#include "dataplane/stage/tuple_of.h"

namespace portico {

// A connection as far as its packet does not tell it: the source that it would have, and where it
// would be found.
template <typename Address>
struct Draft {
  Packet* packet;
  std::uint64_t original;     // hash of the connection's original tuple
  std::uint64_t reply;        // and of its reply tuple
  std::uint32_t order;        // of the SNAT candidates: what SnatPorts::candidate() wants
  std::uint32_t attempt = 0;  // which candidate it has
  Address source;
  L4Port source_port;
  bool masquerades;

  Draft(Packet& of, std::uint32_t first_order) noexcept : packet(&of), order(first_order) {}

  const ServiceEndpoint<Address>& endpoint() const noexcept {
    return *static_cast<const ServiceEndpoint<Address>*>(packet->endpoint);
  }
  Tuple<Address> reply_tuple() const noexcept {
    return {endpoint().address, source, endpoint().port, source_port, packet->protocol};
  }
};

// The drafts of a burst.
template <typename Address>
class Drafts {
 public:
  Drafts() noexcept {}
  void add(Packet& packet, std::uint32_t order) noexcept {
    std::construct_at(&drafts_[count_++], packet, order);
  }
  Draft<Address>* begin() noexcept { return drafts_; }
  Draft<Address>* end() noexcept { return drafts_ + count_; }

 private:
  union {  // a burst has few of them, mostly
    Draft<Address> drafts_[kBurstSize];
  };
  std::size_t count_ = 0;
};

// Gives the draft the source of its `attempt`th try.
template <typename Address>
void use_candidate(Draft<Address>& draft, const FamilyTables<Address>& tables) noexcept {
  const auto candidate = tables.snat.candidate(draft.order, draft.attempt);
  draft.source = candidate.address;
  draft.source_port = candidate.port;
  draft.reply = tables.connections.hash(draft.reply_tuple());
}

template <typename Address>
void fill(Draft<Address>& draft, const StageContext& context) noexcept {
  const auto& tables = context.tables<Address>();
  const Packet& packet = *draft.packet;
  const auto& service = *static_cast<const ServiceEntry<Address>*>(packet.service);
  const bool is_hashed = packet.unknown_hash != 0;
  draft.original =
      is_hashed ? packet.unknown_hash : tables.connections.hash(own_tuple_of<Address>(packet));
  draft.masquerades = masquerades(source_rule(service, packet, draft.endpoint().address, context));
  if (draft.masquerades && !tables.snat.empty()) return use_candidate(draft, tables);
  draft.source = source_of<Address>(packet);
  draft.source_port = packet.source_port;
  draft.reply = tables.connections.hash(draft.reply_tuple());
}

// Where the first candidate is taken already, as it seems, tries others. A look at places alone,
// and not the last word.
template <typename Address>
void pass_over_taken(Drafts<Address>& drafts, const FamilyTables<Address>& tables) noexcept {
  constexpr int kRounds = 4;
  std::array<Draft<Address>*, kBurstSize> looked_at;
  std::size_t count = 0;
  for (Draft<Address>& draft : drafts) {
    if (draft.masquerades) looked_at[count++] = &draft;
  }
  for (int round = 0; round < kRounds && count > 0; ++round) {
    std::size_t taken = 0;
    for (std::size_t i = 0; i < count; ++i) {
      Draft<Address>& draft = *looked_at[i];
      if (!tables.connections.has_tag(draft.reply)) continue;
      ++draft.attempt;
      use_candidate(draft, tables);
      tables.connections.prefetch(draft.reply);
      looked_at[taken++] = &draft;
    }
    count = taken;
  }
}

// Of those of `packets` that have an endpoint but no connection.
template <typename Address>
void draft_connections(const Batch& packets, Drafts<Address>& drafts,
                       StageContext& context) noexcept {
  const auto& tables = context.tables<Address>();
  for (Packet& packet : packets) {
    if (!packet.undecided() || packet.connection.found()) continue;
    const std::uint32_t order = context.random.next();
    tables.snat.prefetch(order);
    drafts.add(packet, order);
  }
  for (Draft<Address>& draft : drafts) {
    fill(draft, context);
    tables.connections.prefetch(draft.reply);
  }
  if (!tables.snat.empty()) pass_over_taken(drafts, tables);
}

}  // namespace portico
