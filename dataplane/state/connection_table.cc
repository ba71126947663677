#include "dataplane/state/connection_table.h"

#include <rte_malloc.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <new>

namespace portico {
namespace {

constexpr std::uint32_t kReply = 1;
static_assert(static_cast<std::uint32_t>(Direction::kReply) == kReply);

// Two thirds of the records' number: 16 entries go into two buckets that are three quarters full.
constexpr std::uint32_t buckets_for(std::uint32_t capacity) noexcept {
  constexpr std::uint32_t kConnectionsPerBucket = 3;
  return (capacity + kConnectionsPerBucket - 1) / kConnectionsPerBucket;
}

// See ConnectionTable::list_span().
std::array<std::uint8_t, kConnectionStateCount> list_spans(const TimeoutTicks& timeouts) noexcept {
  std::array<std::uint8_t, kConnectionStateCount> logarithms{};
  for (std::size_t state = 0; state < timeouts.size(); ++state) {
    const std::uint32_t span = std::max(timeouts[state] / 8, TimerWheel<TimerLinks>::kSpan);
    logarithms[state] = static_cast<std::uint8_t>(std::bit_width(span) - 1);
  }
  return logarithms;
}

}  // namespace

template <typename Address>
void ConnectionTable<Address>::HugepageDelete::operator()(void* memory) const noexcept {
  rte_free(memory);
}

// Filled with zeroes by hand, so that no page is met for the first time by a packet.
template <typename Address>
template <typename T>
auto ConnectionTable<Address>::allocate(std::size_t count, int socket) -> HugepageArray<T> {
  void* memory = rte_malloc_socket("connections", count * sizeof(T), 64, socket);
  if (memory == nullptr) throw std::bad_alloc();
  std::memset(memory, 0, count * sizeof(T));
  return HugepageArray<T>(static_cast<T*>(memory));
}

template <typename Address>
ConnectionTable<Address>::ConnectionTable(std::uint32_t capacity, const TimeoutTicks& timeouts,
                                          int socket, std::uint64_t seed)
    : capacity_(capacity),
      bucket_count_(buckets_for(capacity)),
      timeouts_(timeouts),
      list_spans_(list_spans(timeouts)),
      hash_(seed),
      buckets_(allocate<TagBucket>(bucket_count_, socket)),
      records_(allocate<Record>(capacity, socket)),
      links_(allocate<TimerLinks>(capacity, socket)),
      heads_(allocate<std::uint32_t>(TimerWheel<TimerLinks>::kSlots, socket)),
      wheel_(links_.get(), heads_.get()),
      lists_(links_.get(), TimerWheel<TimerLinks>::kSlots) {
  for (std::uint32_t i = 0; i < capacity; ++i) {
    links_[i].next_in_slot = i + 1 < capacity ? i + 1 : kFree;
    links_[i].wheel_slot = kFree;
  }
}

template <typename Address>
std::uint32_t ConnectionTable<Address>::search(std::uint64_t hash,
                                               const Tuple<Address>& tuple) const noexcept {
  const std::uint16_t tag = TagBucket::tag_of(hash);
  std::uint32_t at = home_of(hash);
  for (std::uint32_t probes = 0; probes < kMaxProbes; ++probes, at = after(at)) {
    const TagBucket& bucket = buckets_[at];
    for (unsigned places = bucket.matches(tag); places != 0; places &= places - 1) {
      const std::uint32_t entry = bucket.entries[static_cast<unsigned>(std::countr_zero(places))];
      if (has_tuple(entry, tuple)) return entry;
    }
    if (bucket.passed_by == 0) break;
  }
  return kNoEntry;
}

template <typename Address>
ConnectionRef ConnectionTable<Address>::find(const Tuple<Address>& tuple) const noexcept {
  return find(tuple, hash_(tuple));
}

template <typename Address>
void ConnectionTable<Address>::find(const Tuple<Address>* tuples, std::size_t count,
                                    ConnectionRef* found) const noexcept {
  std::array<Lookup, kBurstSize> lookups;
  for (std::size_t i = 0; i < count; ++i) lookups[i] = begin(tuples[i]);
  for (std::size_t i = 0; i < count; ++i) look(lookups[i]);
  for (std::size_t i = 0; i < count; ++i) found[i] = finish(lookups[i], tuples[i]);
}

template <typename Address>
inline bool ConnectionTable<Address>::add_entry(std::uint64_t hash, std::uint32_t entry) noexcept {
  TagBucket& home = buckets_[home_of(hash)];
  const unsigned places = home.empty_places();
  if (places == 0) return add_entry_beyond(hash, entry);
  home.set(places, TagBucket::tag_of(hash), entry);
  return true;
}

template <typename Address>
bool ConnectionTable<Address>::add_entry_beyond(std::uint64_t hash, std::uint32_t entry) noexcept {
  std::uint32_t at = home_of(hash);
  unsigned places = 0;
  for (std::uint32_t probes = 0; places == 0; places = buckets_[at].empty_places()) {
    if (++probes == kMaxProbes || probes == bucket_count_) return false;
    at = after(at);
  }
  buckets_[at].set(places, TagBucket::tag_of(hash), entry);
  for (std::uint32_t passed = home_of(hash); passed != at; passed = after(passed)) {
    ++buckets_[passed].passed_by;
  }
  return true;
}

template <typename Address>
void ConnectionTable<Address>::remove_entry(std::uint64_t hash, std::uint32_t entry) noexcept {
  const std::uint16_t tag = TagBucket::tag_of(hash);
  for (std::uint32_t at = home_of(hash);; at = after(at)) {
    TagBucket& bucket = buckets_[at];
    for (unsigned places = bucket.matches(tag); places != 0; places &= places - 1) {
      const auto place = static_cast<unsigned>(std::countr_zero(places));
      if (bucket.entries[place] != entry) continue;
      bucket.tags[place] = 0;
      return;
    }
    --bucket.passed_by;
  }
}

template <typename Address>
ConnectionRef ConnectionTable<Address>::insert(std::uint64_t original,
                                               std::uint64_t reply) noexcept {
  const std::uint32_t index = first_free_;
  if (index == kFree || !add_entry(original, index << 1)) return {};
  if (!add_entry(reply, index << 1 | kReply)) {
    remove_entry(original, index << 1);
    return {};
  }
  first_free_ = links_[index].next_in_slot;
  if (first_free_ != kFree) {  // for the next one
    fetch(records_[first_free_]);
    fetch(links_[first_free_]);
  }
  if (size_++ == 0) {
    wheel_.start(records_[index].last_seen);
    lists_.start(deadline(records_[index]));
  }
  link(index);
  return {index, Direction::kOriginal};
}

template <typename Address>
void ConnectionTable<Address>::erase(ConnectionRef ref) noexcept {
  unlink(ref.index);
  release(&ref.index, 1);
}

template <typename Address>
inline void ConnectionTable<Address>::link(std::uint32_t index) noexcept {
  const Record& record = records_[index];
  if (makes_room(record.state)) {
    lists_.append(index, static_cast<std::size_t>(record.state), deadline(record));
  } else {
    wheel_.insert(index, deadline(record));
  }
}

template <typename Address>
void ConnectionTable<Address>::unlink(std::uint32_t index) noexcept {
  if (makes_room(records_[index].state)) {
    lists_.erase(index);
  } else {
    wheel_.erase(index);
  }
}

template <typename Address>
void ConnectionTable<Address>::pass_over_seen(std::size_t state, std::uint32_t now) noexcept {
  constexpr int kMost = kBurstSize;
  const unsigned span = list_spans_[state];
  for (int i = 0; i < kMost; ++i) {
    const std::uint32_t head = lists_.head(state);
    if (head == kFree || links_[head].next_in_slot == kFree) return;
    const std::uint32_t seen = records_[head].last_seen;
    const auto later =
        static_cast<std::int32_t>(seen - records_[links_[head].next_in_slot].last_seen);
    // In the span of now: then it is in order behind all others.
    const bool is_new = seen >> span == now >> span;
    if (!is_new || later < static_cast<std::int32_t>(TimerWheel<TimerLinks>::kSpan)) return;
    lists_.erase(head);
    link(head);
  }
}

template <typename Address>
void ConnectionTable<Address>::move_in_list(std::uint32_t index, std::uint32_t now) noexcept {
  records_[index].last_seen = now;
  lists_.erase(index);
  link(index);
}

template <typename Address>
void ConnectionTable<Address>::move(std::uint32_t index, ConnectionState state,
                                    std::uint32_t now) noexcept {
  Record& record = records_[index];
  if (!makes_room(record.state) && !makes_room(state)) {
    record.last_seen = now;
    record.state = state;
    return wheel_.advance(index, deadline(record));
  }
  unlink(index);
  record.last_seen = now;
  record.state = state;
  link(index);
}

template <typename Address>
void ConnectionTable<Address>::release(const std::uint32_t* indexes, std::size_t count) noexcept {
  std::array<std::uint64_t, kReleasedAtOnce> originals, replies;
  for (std::size_t i = 0; i < count; ++i) {
    const Record& record = records_[indexes[i]];
    originals[i] = hash_(record.original_tuple());
    replies[i] = hash_(record.reply_tuple());
    prefetch(originals[i]);
    prefetch(replies[i]);
  }
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint32_t index = indexes[i];
    remove_entry(originals[i], index << 1);
    remove_entry(replies[i], index << 1 | kReply);
    links_[index].wheel_slot = kFree;
    links_[index].next_in_slot = first_free_;
    first_free_ = index;
  }
  size_ -= static_cast<std::uint32_t>(count);
}

template <typename Address>
std::size_t ConnectionTable<Address>::memory_bytes() const noexcept {
  return sizeof *this + bucket_count_ * sizeof(TagBucket) +
         capacity_ * (sizeof(Record) + sizeof(TimerLinks)) +
         TimerWheel<TimerLinks>::kSlots * sizeof(std::uint32_t);
}

template class ConnectionTable<Ipv4Address>;
template class ConnectionTable<Ipv6Address>;

}  // namespace portico
