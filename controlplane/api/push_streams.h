#pragma once

// The Push streams that are open, and which of them are ended when one ends.

#include <cstddef>
#include <functional>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"

namespace portico {

// # Theory of operation
//
// Several controllers of one source may see its cluster at different times. Each sends what differs
// from what it saw before, so that what the source has is the cluster's state once all of them have
// caught up, whichever of them spoke last. Not so when one that lags behind ends before it has:
// what it set would stay. So when a stream ends that has changed anything, the others of its source
// are ended too; their clients begin anew, and send everything (docs/api.md).
//
// What a stream had changed when it was ended so is made good as well, since all others of its
// source were ended with it. Only what it still changes afterwards, having not heard of it yet,
// ends others when it leaves; so streams don't end each other for ever.
class PushStreams {
 public:
  using Id = const void*;  // whatever tells streams apart

  // A stream whose source is not known yet. `end` asks for its end, and returns at once; it leaves
  // when it has.
  void enter(Id stream, std::function<void()> end) { streams_[stream].end = std::move(end); }
  // `stream` speaks for `source`.
  void open(Id stream, const std::string& source) { streams_[stream].source = source; }
  // `stream` has changed what its source has.
  void note_change(Id stream) { streams_[stream].has_changed = true; }
  // `stream` has ended: those are ended that are to begin anew.
  void leave(Id stream);
  void end_all();

  std::size_t size() const { return streams_.size(); }

 private:
  struct Stream {
    std::function<void()> end;
    std::string source;        // empty before Open
    bool has_changed = false;  // what its source has, since it was asked to end
  };

  absl::flat_hash_map<Id, Stream> streams_;
};

}  // namespace portico
