#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace portico {

// How the watching of one kind of objects goes. Counters only grow.
struct WatchStatistics {
  using Time = std::chrono::steady_clock::time_point;

  bool synced = false;        // its first list is complete
  std::uint64_t objects = 0;  // that there are now

  // Events of watches, by type.
  std::uint64_t added = 0;
  std::uint64_t modified = 0;
  std::uint64_t deleted = 0;
  std::uint64_t bookmarks = 0;
  std::uint64_t errors = 0;

  std::uint64_t lists = 0;          // complete ones, with the first
  std::uint64_t watches = 0;        // that were opened
  std::uint64_t failures = 0;       // of requests, and of watches before their time
  std::uint64_t decode_errors = 0;  // objects and events that were passed over
  std::uint64_t emptied = 0;        // lists without an object after there had been some

  std::optional<Time> watching_since;  // the watch that runs
  std::optional<Time> last_heard;      // the last byte of an answer
  std::string last_error;              // printable, without secrets
  std::optional<Time> last_error_at;
};

}  // namespace portico
