#pragma once

// Theory of operation
//
// The connections that make room when the table is full, in one list a state, the oldest first: who
// was in a state for longest, or where packets put the end off, whose last packet is longest ago.
// All of a list have the same timeout, so its head is the first that ends, and the first that makes
// room when the table is full; both take the head, and look at nothing else.
//
// A record is either in one of these lists or in the timer wheel, and is linked by the same fields:
// wheel_slot says where it is, a slot of the wheel or, from kFirstSlot on, a list.
//
// Invariants: in each list the spans (ConnectionTable::list_span() ticks) of last_seen never
// decrease from head to tail. `next_due_` is no later than the earliest deadline of any head, so
// that a round with nothing to end reads one number.
//
// Example: SYNs of ticks 100, 105 and 230 make the list 100, 105, 230. The first is answered and
// leaves for another list; at tick 105 + 7680 (120 s) the second ends, or before that it makes room
// for a new connection.
//
// Capacity: 8 bytes a list; the links are beside the records. Called by ConnectionTable, in the
// worker that owns it.

#include <array>
#include <cstddef>
#include <cstdint>

#include "dataplane/state/timer_wheel.h"

namespace portico {

// Record has the fields of TimerLinks, timer_wheel.h.
template <typename Record, std::size_t kLists>
class AgeLists {
 public:
  static constexpr std::uint32_t kNone = 0xffffffff;

  AgeLists(Record* records, std::uint32_t first_slot) noexcept
      : records_(records), first_slot_(first_slot) {
    heads_.fill(kNone);
    tails_.fill(kNone);
  }

  // The first of the oldest `most` of a list for which `accept(index)` is true; kNone if none is.
  template <typename Accept>
  std::uint32_t oldest(std::size_t list, std::size_t most, Accept&& accept) const noexcept {
    std::uint32_t index = heads_[list];
    for (; index != kNone && most > 0; --most, index = records_[index].next_in_slot) {
      if (accept(index)) return index;
    }
    return kNone;
  }

  // The oldest of a list; kNone if it is empty.
  std::uint32_t head(std::size_t list) const noexcept { return heads_[list]; }

  void append(std::uint32_t index, std::size_t list, std::uint32_t deadline) noexcept {
    Record& record = records_[index];
    const std::uint32_t last = tails_[list];
    record.wheel_slot = first_slot_ + static_cast<std::uint32_t>(list);
    record.previous_in_slot = last;
    record.next_in_slot = kNone;
    (last == kNone ? heads_[list] : records_[last].next_in_slot) = index;
    tails_[list] = index;
    if (is_after(next_due_, deadline)) next_due_ = deadline;
  }

  void erase(std::uint32_t index) noexcept {
    const Record& record = records_[index];
    const std::size_t list = record.wheel_slot - first_slot_;
    const std::uint32_t previous = record.previous_in_slot, next = record.next_in_slot;
    (previous == kNone ? heads_[list] : records_[previous].next_in_slot) = next;
    (next == kNone ? tails_[list] : records_[next].previous_in_slot) = previous;
  }

  // Tells the first deadline to lists that are all empty.
  void start(std::uint32_t deadline) noexcept { next_due_ = deadline; }

  // Whether expire() may find any.
  bool is_due(std::uint32_t now) const noexcept { return !is_after(next_due_, now); }

  // Ends those whose deadline is over, at most `budget` of them: `end(index)` is called when a
  // record has left its list, `fetch(index)` some time before anything else is asked of it.
  template <typename Fetch, typename Deadline, typename End>
  std::size_t expire(std::uint32_t now, std::size_t budget, Fetch&& fetch, Deadline&& deadline,
                     End&& end) noexcept {
    if (!is_due(now)) return 0;
    constexpr std::uint32_t kFar = std::uint32_t{1} << 30;  // beyond every timeout
    std::uint32_t due = now + kFar;
    std::size_t ended = 0;
    for (const std::uint32_t& head : heads_) {
      if (head == kNone) continue;
      LookAhead ahead(records_, head, fetch);
      while (head != kNone) {
        const std::uint32_t at = deadline(head);
        if (is_after(at, now) || ended == budget) {
          if (is_after(due, at)) due = at;
          break;
        }
        const std::uint32_t index = head;
        ahead.step();
        erase(index);
        end(index);
        ++ended;
      }
    }
    next_due_ = due;
    return ended;
  }

 private:
  static bool is_after(std::uint32_t a, std::uint32_t b) noexcept {
    return static_cast<std::int32_t>(a - b) > 0;
  }

  Record* records_;
  std::uint32_t first_slot_;
  std::uint32_t next_due_ = 0;
  std::array<std::uint32_t, kLists> heads_;
  std::array<std::uint32_t, kLists> tails_;
};

}  // namespace portico
