#pragma once

// Theory of operation
//
// The last accepted state of every source is on disk, so that a restarted gateway forwards before
// its controllers are back: DIRECTORY/SOURCE.state, one file a source, so that only what changed
// is written and damage to one leaves the others.
//
// Nobody waits for the disk: accepted() puts the source on a list, and a thread writes what is on
// it, at most once per interval; whatever was accepted meanwhile goes into one write. That is a
// write of everything: with hundreds of thousands of objects, of which some change all the time, it
// would take a third of a core, and for a quarter of a second at a time what accepts changes could
// not run beside it. So the thread works in pieces of a few milliseconds and rests twenty times as
// long after each: 300,000 objects take six seconds, and a few hundred none. What is lost when the
// machine stops at a bad moment is what came since the last write began, and the controller brings
// that again. stop() writes what is left, without rest.
//
// A file that is damaged is named in the log and set aside as SOURCE.state.damaged. Objects that
// no longer pass validation (the gateway has got an address that was a Service's) are named and
// left out; the others are restored.

#include <chrono>
#include <set>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "controlplane/api/ledger.h"

namespace portico {

class StateKeeper {
 public:
  // An empty `directory` keeps nothing.
  StateKeeper(Ledger& ledger, std::string directory, absl::Duration interval);
  ~StateKeeper();  // stops
  StateKeeper(const StateKeeper&) = delete;
  StateKeeper& operator=(const StateKeeper&) = delete;

  // Gives the ledger what is on disk. Never fails: what can't be had is named in the log.
  void restore();

  // From here on what is accepted is written. FailedPrecondition names a directory in which nothing
  // can be.
  absl::Status start();
  void accepted(const std::string& source);
  void stop();

 private:
  void restore_file(const std::string& path);
  void restore_source(const std::string& path, SourceSnapshot snapshot);
  void run();
  void write(const std::set<std::string>& sources);
  void rest();
  std::string path_of(const std::string& source) const;

  Ledger& ledger_;
  const std::string directory_;
  const absl::Duration interval_;
  absl::Mutex mutex_;
  std::set<std::string> dirty_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  // The writer thread's own:
  bool failing_ = false;  // a full disk is told once
  std::chrono::steady_clock::time_point rested_at_{};
  std::thread writer_;
};

}  // namespace portico
