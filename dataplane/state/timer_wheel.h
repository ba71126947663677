#pragma once

// Theory of operation
//
// A hashed timer wheel (Varghese and Lauck, SOSP 1987, scheme 6) over records that carry their own
// links. Time is cut into spans of kSpan ticks; a slot is the list of the records that are to be
// looked at when one span is over, and the spans of a whole turn share the kSlots slots.
//
// A record's slot is a promise to look at it, not its deadline: a packet that puts the deadline off
// writes the record alone, and when the slot's turn comes, the record is asked for its deadline and
// either ends or moves on to a later slot. A deadline beyond the wheel's turn waits in the farthest
// slot and is looked at once a turn. Only a deadline that comes nearer must be told (see
// advance()).
//
// Invariants: each record is in exactly one slot, and the slot's span ends no later than kSpan
// ticks after the record's deadline. `cursor_`, a multiple of kSpan, is the first tick of the
// earliest span that is not done. All slots hold what is due from there on, in less than one turn.
//
// Example, kSpan 16: a UDP connection seen at tick 100 with 1920 ticks to live has deadline 2020,
// in the span of 2016. A packet at 1000 makes the deadline 2920 and touches no list. At tick 2032
// the span is over, the record is looked at and moves to the span of 2912, where it ends at 2928.
//
// Ticks are 32 bits and wrap; every comparison is of a difference, so that an age or a timeout may
// be up to 2^31 ticks (a year).
//
// Capacity: 4 bytes a slot here, 12 bytes of links a record. One turn is kSlots * kSpan
// ticks, 17 minutes at 64 ticks a second: a million connections that live for days cost a thousand
// looks a second.
//
// Called by ConnectionTable, in the worker that owns it.

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace portico {

// The fields of a record that the wheel, and the lists of age_lists.h, need.
struct TimerLinks {
  std::uint32_t next_in_slot = 0;
  std::uint32_t previous_in_slot = 0;
  std::uint32_t wheel_slot = 0;
};

// Goes through a list ahead of who takes its records off the head, and tells fetch(index) which are
// next, so that they are in the cache by then.
template <typename Record, typename Fetch>
class LookAhead {
 public:
  LookAhead(const Record* records, std::uint32_t head, Fetch& fetch) noexcept
      : records_(records), fetch_(fetch), at_(head) {
    for (int i = 0; i < kAhead; ++i) step();
  }
  // With each that is taken.
  void step() noexcept {
    constexpr std::uint32_t kNone = 0xffffffff;
    if (at_ == kNone) return;
    fetch_(at_);
    at_ = records_[at_].next_in_slot;
  }

 private:
  static constexpr int kAhead = 12;

  const Record* records_;
  Fetch& fetch_;
  std::uint32_t at_;
};

// Record has the fields of TimerLinks.
template <typename Record>
class TimerWheel {
 public:
  static constexpr std::uint32_t kNone = 0xffffffff;
  static constexpr std::uint32_t kSpan = 16;
  static constexpr std::uint32_t kSlots = 4096;

  // `heads` has kSlots elements; both arrays outlive the wheel.
  TimerWheel(Record* records, std::uint32_t* heads) noexcept : records_(records), heads_(heads) {
    std::fill_n(heads, kSlots, kNone);
  }

  // Tells the time to a wheel that has no record in it.
  void start(std::uint32_t now) noexcept { cursor_ = now - now % kSpan; }

  void insert(std::uint32_t index, std::uint32_t deadline) noexcept {
    link(index, slot_at(spans_to(deadline)));
  }

  void erase(std::uint32_t index) noexcept {
    Record& record = records_[index];
    if (record.previous_in_slot == kNone) {
      heads_[record.wheel_slot] = record.next_in_slot;
    } else {
      records_[record.previous_in_slot].next_in_slot = record.next_in_slot;
    }
    if (record.next_in_slot != kNone) {
      records_[record.next_in_slot].previous_in_slot = record.previous_in_slot;
    }
  }

  // The record's deadline may have come nearer.
  void advance(std::uint32_t index, std::uint32_t deadline) noexcept {
    const std::uint32_t wanted = spans_to(deadline);
    const std::uint32_t present = (records_[index].wheel_slot - slot_at(0)) % kSlots;
    if (wanted >= present) return;
    erase(index);
    link(index, slot_at(wanted));
  }

  // Whether a span is over at `now` that expire() has not done with.
  bool is_due(std::uint32_t now) const noexcept {
    return static_cast<std::int32_t>(now - cursor_) >= static_cast<std::int32_t>(kSpan);
  }

  // Looks at the records whose spans are over at `now`, at most `budget` of them. Asks each for
  // `deadline(index)`, and tells `fetch(index)` some time before; the others' `end(index)` is
  // called after they have left the wheel. A pause of many turns costs one turn, and what one call
  // did not manage is the next one's.
  template <typename Fetch, typename Deadline, typename End>
  std::size_t expire(std::uint32_t now, std::size_t budget, Fetch&& fetch, Deadline&& deadline,
                     End&& end) noexcept {
    std::size_t ended = 0;
    skip_to_last_turn(now);
    while (is_due(now)) {
      LookAhead ahead(records_, heads_[slot_at(0)], fetch);
      while (true) {
        const std::uint32_t index = heads_[slot_at(0)];
        if (index == kNone) break;
        if (budget-- == 0) return ended;
        ahead.step();
        erase(index);
        const std::uint32_t at = deadline(index);
        if (is_after(at, now)) {
          link(index, slot_at(spans_to(at)));
        } else {
          end(index);
          ++ended;
        }
      }
      cursor_ += kSpan;
    }
    return ended;
  }

 private:
  static bool is_after(std::uint32_t a, std::uint32_t b) noexcept {
    return static_cast<std::int32_t>(a - b) > 0;
  }

  // How many spans after the cursor's a record with this deadline is to be looked at.
  std::uint32_t spans_to(std::uint32_t deadline) const noexcept {
    if (is_after(cursor_, deadline)) return 0;
    const std::uint32_t spans = (deadline - cursor_) / kSpan;
    return spans < kSlots ? spans : kSlots - 1;
  }
  std::uint32_t slot_at(std::uint32_t spans) const noexcept {
    return (cursor_ / kSpan + spans) % kSlots;
  }

  // After more than a turn, each slot is due once, whatever its spans were.
  void skip_to_last_turn(std::uint32_t now) noexcept {
    constexpr std::uint32_t kTurn = kSpan * kSlots;
    if (!is_due(now)) return;
    const std::uint32_t turns = (now - cursor_) / kTurn;
    if (turns > 1) cursor_ += (turns - 1) * kTurn;
  }

  void link(std::uint32_t index, std::uint32_t slot) noexcept {
    Record& record = records_[index];
    const std::uint32_t head = heads_[slot];
    record.wheel_slot = slot;
    record.previous_in_slot = kNone;
    record.next_in_slot = head;
    if (head != kNone) records_[head].previous_in_slot = index;
    heads_[slot] = index;
  }

  Record* records_;
  std::uint32_t* heads_;
  std::uint32_t cursor_ = 0;
};

}  // namespace portico
