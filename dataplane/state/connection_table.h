#pragma once

// Theory of operation
//
// The connections of one worker in one family: the hottest table of the gateway, written and read
// by its owner alone, so without locks or atomics.
//
// *Records* are an array of Connection; a connection is one record for its whole life, and its
// index is its name (ConnectionRef). Beside each record, in an array of their own since packets
// don't need them, are its *links*. Records that are not in use form a free list through
// next_in_slot.
//
// The *index* is an array of TagBucket, one cache line each. A connection has two entries in it,
// one for each of its tuples: 15 bits of the tuple's hash as a tag, and the record's index with the
// direction in the lowest bit. The upper half of the hash names the entry's home bucket. When that
// is full, the entry lies in the first bucket after it (around the end) that has room, and each
// bucket on the way counts in `passed_by` that a search has to go on. So a look-up touches one
// bucket and one record nearly always, a search in vain one bucket, and removal leaves no
// tombstones. The index has room for 4/3 of the entries of a full table: then 3 entries in 100 are
// away from home, mostly in the next line.
//
// The *wheel* ends connections that were silent for too long: see timer_wheel.h. Those that
// make room when the table is full (tcp_state.h: Room) are not in the wheel, but in *lists* by age,
// see age_lists.h. A record's last_seen is the time of its last packet; in TCP's unanswered states,
// of the packet that led there.
//
// Invariants: each record in use has its two entries, reachable from their home buckets, and is in
// the wheel or in the list of its state; size() records are in use, the others are free and marked
// by wheel_slot == kNone.
//
// Example: client 10.20.0.10:40000 reaches 10.100.3.59:80, which is masqueraded as 10.12.22.1:5000
// towards 192.168.1.3:8080. Record 7 then is found under (10.20.0.10:40000 -> 10.100.3.59:80) as
// {7, kOriginal} and under (192.168.1.3:8080 -> 10.12.22.1:5000) as {7, kReply}.
//
// Capacity: all memory is reserved at start; 64 bytes a record (IPv6: 128), 12 bytes of links, 21.3
// bytes of index for its two entries, and 16 KB of wheel: 98 and 162 bytes a connection. insert()
// fails only at `capacity` connections. Its search for room ends after kMaxProbes buckets; that
// many full ones in a row do not come about, since senders don't know the key of the hash
// (tuple_hash.h).
//
// Eviction is the caller's: it asks for first_to_go() and erases that.
//
// Called by the stages forward_established, find_connection, create_connection and track, by the
// worker's ageing (expire), and for the control plane by the worker between bursts (walk, erase).

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "dataplane/packet/burst.h"
#include "dataplane/state/age_lists.h"
#include "dataplane/state/connection.h"
#include "dataplane/state/random_seed.h"
#include "dataplane/state/tag_bucket.h"
#include "dataplane/state/timer_wheel.h"
#include "dataplane/state/tuple_hash.h"

namespace portico {

// The connections of one worker in one family.
template <typename Address>
class ConnectionTable {
 public:
  using Record = Connection<Address>;

  static constexpr std::uint32_t kMaxCapacity = 1u << 30;

  // Reserves all memory for `capacity` (1 ... kMaxCapacity) connections on NUMA node `socket`
  // (-1: any). Throws std::bad_alloc when there is not enough. `seed` is the key of the hash: a
  // secret, but for tests.
  ConnectionTable(std::uint32_t capacity, const TimeoutTicks& timeouts, int socket,
                  std::uint64_t seed = random_seed());
  ~ConnectionTable() = default;
  ConnectionTable(const ConnectionTable&) = delete;
  ConnectionTable& operator=(const ConnectionTable&) = delete;

  // A look-up that has begun: the tuple's hash, the bucket where it is at home, and the first entry
  // there that has its tag, kNoEntry if none has.
  struct Lookup {
    std::uint64_t hash;
    std::uint32_t home;
    std::uint32_t entry;
  };

  // A look-up in steps, so that what one waits for comes while others take theirs: the first
  // hashes the tuple and fetches its bucket, the second looks there and fetches the record, and
  // finish() compares. The table must not change between.
  Lookup begin(const Tuple<Address>& tuple) const noexcept {
    const std::uint64_t hash = hash_(tuple);
    const std::uint32_t home = home_of(hash);
    fetch(buckets_[home]);
    return {hash, home, kNoEntry};
  }
  void look(Lookup& lookup) const noexcept {
    const TagBucket& home = buckets_[lookup.home];
    const unsigned places = home.matches(TagBucket::tag_of(lookup.hash));
    if (places == 0) return;
    lookup.entry = home.entries[static_cast<unsigned>(std::countr_zero(places))];
    fetch(records_[lookup.entry >> 1]);
  }
  // What a look-up will most likely find, after the second step; null if nothing.
  const Record* candidate(const Lookup& lookup) const noexcept {
    return lookup.entry != kNoEntry ? &records_[lookup.entry >> 1] : nullptr;
  }
  ConnectionRef finish(const Lookup& lookup, const Tuple<Address>& tuple) const noexcept {
    const bool first_is_it = lookup.entry != kNoEntry && has_tuple(lookup.entry, tuple);
    const std::uint32_t entry = first_is_it ? lookup.entry : find_entry(tuple, lookup.hash);
    return to_ref(entry);
  }
  // All steps, of at most kBurstSize tuples.
  void find(const Tuple<Address>* tuples, std::size_t count, ConnectionRef* found) const noexcept;
  ConnectionRef find(const Tuple<Address>& tuple) const noexcept;

  // The same step by step, for who asks for a tuple more than once: its hash, which all of these
  // want; where it is or is going to be, fetched into the cache; whether it may be in the table, by
  // that place alone; and the connection.
  std::uint64_t hash(const Tuple<Address>& tuple) const noexcept { return hash_(tuple); }
  void prefetch(std::uint64_t hash) const noexcept { fetch(buckets_[home_of(hash)]); }
  bool may_have(std::uint64_t hash) const noexcept {
    return has_tag(hash) || buckets_[home_of(hash)].passed_by != 0;
  }
  // Whether a tuple with such a tag is at home there: it is that one, most likely.
  bool has_tag(std::uint64_t hash) const noexcept {
    return buckets_[home_of(hash)].matches(TagBucket::tag_of(hash)) != 0;
  }
  ConnectionRef find(const Tuple<Address>& tuple, std::uint64_t hash) const noexcept {
    return to_ref(find_entry(tuple, hash));
  }

  // Requires a reference that is found() and was not erased since. Addresses, ports, protocol,
  // state and the links of the wheel are the table's to write.
  Record& operator[](ConnectionRef ref) noexcept { return records_[ref.index]; }
  const Record& operator[](ConnectionRef ref) const noexcept { return records_[ref.index]; }

  // The index of a record of this table, as in ConnectionRef.
  std::uint32_t index_of(const Record& record) const noexcept {
    return static_cast<std::uint32_t>(&record - records_.get());
  }

  // The record that insert() is going to make a connection of, to be written completely before: so
  // it is written once. Requires that the table is not full.
  Record& place() noexcept { return records_[first_free_]; }
  // Inserts it under both of its tuples, which have these hashes; its `last_seen` is the time of
  // the insertion. Returns a reference in Direction::kOriginal, or one that is not found() when the
  // table is full. Requires that neither tuple is in the table.
  ConnectionRef insert(std::uint64_t original, std::uint64_t reply) noexcept;
  // Both steps.
  ConnectionRef insert(const Record& record) noexcept {
    if (full()) return {};
    place() = record;
    return insert(hash_(record.original_tuple()), hash_(record.reply_tuple()));
  }

  void erase(ConnectionRef ref) noexcept;

  bool full() const noexcept { return size_ == capacity_; }

  // Which of two connections makes room before the other.
  bool goes_before(ConnectionRef one, ConnectionRef other, std::uint32_t now) const noexcept {
    const Record &a = (*this)[one], &b = (*this)[other];
    if (room_of(a.state) != room_of(b.state)) return room_of(a.state) < room_of(b.state);
    return now - a.last_seen > now - b.last_seen;
  }

  // The connection that makes room for another: of those for which `may_go(index)` is true, the
  // oldest of the first class of Room that has any. Not found() when there is none. Of each state
  // it looks at one more than a burst can have in use.
  template <typename MayGo>
  ConnectionRef first_to_go(std::uint32_t now, MayGo&& may_go) noexcept {
    ConnectionRef first;
    for (std::size_t state = 0; state < kConnectionStateCount; ++state) {
      pass_over_seen(state, now);
      const std::uint32_t index = lists_.oldest(state, kBurstSize + 1, may_go);
      if (index == kFree) continue;
      const ConnectionRef ref{index, Direction::kOriginal};
      if (!first.found() || goes_before(ref, first, now)) first = ref;
    }
    return first;
  }

  // A packet went by at `now`: sets last_seen and state, and lets the deadline follow.
  [[gnu::always_inline]] void touch(Record& record, ConnectionState state,
                                    std::uint32_t now) noexcept {
    if (record.state != state) return move(index_of(record), state, now);
    if (makes_room(state)) {
      if (!is_put_off_by_packets(state)) return;
      // The list need not be in order within a span: not each packet moves its connection.
      const unsigned span = list_spans_[static_cast<std::size_t>(state)];
      if (record.last_seen >> span != now >> span) return move_in_list(index_of(record), now);
    }
    record.last_seen = now;
  }

  // Ends connections whose time is over, looking at `budget` of them at most; calls
  // `on_expired(const Record&)` before each goes, which must not touch the table. Returns how many
  // ended. A connection ends in the first call that is at least TimerWheel::kSpan ticks, or
  // list_span() of its state, after its deadline, budget allowing, and never before its deadline.
  template <typename OnExpired>
  std::size_t expire(std::uint32_t now, std::size_t budget, OnExpired&& on_expired) noexcept {
    if (size_ == 0) return 0;
    std::array<std::uint32_t, kReleasedAtOnce> over;
    std::size_t count = 0;
    const auto release_all = [&] {
      for (std::size_t i = 0; i < count; ++i) {
        on_expired(static_cast<const Record&>(records_[over[i]]));
      }
      release(over.data(), count);
      count = 0;
    };
    const auto fetch_record = [this](std::uint32_t index) { fetch(records_[index]); };
    const auto deadline_of = [this](std::uint32_t index) { return deadline(records_[index]); };
    const auto end = [&](std::uint32_t index) {
      over[count++] = index;
      if (count == over.size()) release_all();
    };
    std::size_t ended = lists_.expire(now, budget, fetch_record, deadline_of, end);
    ended += wheel_.expire(now, budget - ended, fetch_record, deadline_of, end);
    release_all();
    return ended;
  }

  // Whether expire() would look at any.
  bool is_due(std::uint32_t now) const noexcept {
    return size_ > 0 && (lists_.is_due(now) || wheel_.is_due(now));
  }

  // Walks the table in pieces, for the control plane: visits the connections in places
  // [cursor, cursor + budget) and returns where to go on, or kNone after the last place. Between
  // pieces the table may change; the visited connection itself may be erased in the visit.
  template <typename Visit>  // void(ConnectionRef, const Record&)
  std::uint32_t walk(std::uint32_t cursor, std::uint32_t budget, Visit&& visit) const noexcept {
    if (cursor >= capacity_) return ConnectionRef::kNone;
    const std::uint32_t end = budget < capacity_ - cursor ? cursor + budget : capacity_;
    for (; cursor != end; ++cursor) {
      if (links_[cursor].wheel_slot == kFree) continue;
      visit(ConnectionRef{cursor, Direction::kOriginal}, records_[cursor]);
    }
    return end < capacity_ ? end : ConnectionRef::kNone;
  }

  // Until the connection's deadline; 0 when it is over.
  std::uint32_t ticks_left(const Record& record, std::uint32_t now) const noexcept {
    const auto left = static_cast<std::int32_t>(deadline(record) - now);
    return left > 0 ? static_cast<std::uint32_t>(left) : 0;
  }

  // Ticks within which the list of a state is in no order: a power of two, and at most an eighth of
  // the state's timeout, unless that is less than TimerWheel::kSpan.
  std::uint32_t list_span(ConnectionState state) const noexcept {
    return 1u << list_spans_[static_cast<std::size_t>(state)];
  }

  std::uint32_t size() const noexcept { return size_; }
  std::uint32_t capacity() const noexcept { return capacity_; }
  // All memory of the table, for `porticoctl get counters` and the benchmark.
  std::size_t memory_bytes() const noexcept;

 private:
  static constexpr std::uint32_t kMaxProbes = 1024;
  static constexpr std::uint32_t kFree = 0xffffffff;
  static constexpr std::size_t kReleasedAtOnce = 16;
  static constexpr std::uint32_t kNoEntry = 0xffffffff;

  struct HugepageDelete {
    void operator()(void* memory) const noexcept;
  };
  template <typename T>
  using HugepageArray = std::unique_ptr<T[], HugepageDelete>;
  template <typename T>
  static HugepageArray<T> allocate(std::size_t count, int socket);

  template <typename T>
  static void fetch(const T& lines) noexcept {
    const auto* bytes = reinterpret_cast<const char*>(&lines);
    for (std::size_t at = 0; at < sizeof(T); at += 64) __builtin_prefetch(bytes + at);
  }
  std::uint32_t deadline(const Record& record) const noexcept {
    return record.last_seen + timeouts_[static_cast<std::size_t>(record.state)];
  }
  std::uint32_t home_of(std::uint64_t hash) const noexcept {
    return static_cast<std::uint32_t>((hash >> 32) * bucket_count_ >> 32);
  }
  std::uint32_t after(std::uint32_t bucket) const noexcept {
    return bucket + 1 < bucket_count_ ? bucket + 1 : 0;
  }

  // kNoEntry becomes one that is not found().
  static ConnectionRef to_ref(std::uint32_t entry) noexcept {
    static_assert(kNoEntry >> 1 == ConnectionRef::kNone);
    return {entry >> 1, static_cast<Direction>(entry & 1)};
  }
  bool has_tuple(std::uint32_t entry, const Tuple<Address>& tuple) const noexcept {
    const ConnectionRef ref = to_ref(entry);
    return portico::has_tuple(records_[ref.index], ref.direction, tuple);
  }
  std::uint32_t find_entry(const Tuple<Address>& tuple, std::uint64_t hash) const noexcept {
    return may_have(hash) ? search(hash, tuple) : kNoEntry;
  }
  std::uint32_t search(std::uint64_t hash, const Tuple<Address>& tuple) const noexcept;
  bool add_entry(std::uint64_t hash, std::uint32_t entry) noexcept;
  // Of a tuple whose home is full.
  bool add_entry_beyond(std::uint64_t hash, std::uint32_t entry) noexcept;
  void remove_entry(std::uint64_t hash, std::uint32_t entry) noexcept;
  // Moves heads of a list to its tail that packets have put off lately, while the next one was seen
  // a span of the wheel earlier or more: a list is in no order within its own span.
  void pass_over_seen(std::size_t state, std::uint32_t now) noexcept;
  // Puts a record into the list of its state or into the wheel, and takes it out of where it is.
  void link(std::uint32_t index) noexcept;
  void unlink(std::uint32_t index) noexcept;
  // What touch() has to do beyond last_seen: in the same state, and in another.
  void move_in_list(std::uint32_t index, std::uint32_t now) noexcept;
  void move(std::uint32_t index, ConnectionState state, std::uint32_t now) noexcept;
  // Takes records that have been unlinked out of the index, and frees them; at most
  // kReleasedAtOnce.
  void release(const std::uint32_t* indexes, std::size_t count) noexcept;

  std::uint32_t capacity_;
  std::uint32_t bucket_count_;
  TimeoutTicks timeouts_;
  std::array<std::uint8_t, kConnectionStateCount> list_spans_;  // logarithms of list_span()
  TupleHash hash_;
  HugepageArray<TagBucket> buckets_;
  HugepageArray<Record> records_;
  HugepageArray<TimerLinks> links_;
  HugepageArray<std::uint32_t> heads_;
  TimerWheel<TimerLinks> wheel_;
  AgeLists<TimerLinks, kConnectionStateCount> lists_;
  std::uint32_t size_ = 0;
  std::uint32_t first_free_ = 0;
};

extern template class ConnectionTable<Ipv4Address>;
extern template class ConnectionTable<Ipv6Address>;

}  // namespace portico
