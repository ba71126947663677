#pragma once

// Tells when what is found at a path has changed.

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

struct inotify_event;

namespace portico {

// # Theory of operation
//
// A path stands for a file, or for a folder with its manifest files (manifest_files.h), and what it
// leads to may change anywhere on the way: an editor renames a new file over the old one, a folder
// is removed and made again, a symbolic link in the middle is replaced (Kubernetes swaps the
// contents of a ConfigMap volume by renaming a new `..data` link over the old one). So watch()
// walks the path from the root as the kernel does, and watches every directory on the way for the
// one name that the walk goes through there; likewise the way to each manifest file that is a
// symbolic link. A directory is watched before its entry is looked at, so no change falls between
// walk and watch. After each change the walk is made anew.
//
// wait() sleeps in poll(2) until an event of a name on the way has come, and then until things have
// settled, so that a file that is being written isn't read half:
//
//   kSettle       after the last event, when no writer is at work;
//   kWriterPause  after the last event, when a file was created or written to but not closed since;
//   kPatience     after the first event in any case.
//
// All but stop() is to be called by one thread.
class PathWatcher {
 public:
  static constexpr std::chrono::milliseconds kSettle{20};
  static constexpr std::chrono::milliseconds kWriterPause{500};
  static constexpr std::chrono::milliseconds kPatience{2000};

  // An error when the system gives no inotify instance.
  static absl::StatusOr<std::unique_ptr<PathWatcher>> create();
  ~PathWatcher();
  PathWatcher(const PathWatcher&) = delete;
  PathWatcher& operator=(const PathWatcher&) = delete;

  // Watches `path` in place of what was watched before; it need not exist. An error names a
  // directory that can't be watched, the others are watched all the same.
  absl::Status watch(const std::string& path);

  // When the first of the changes since the last wait() was noticed; nothing once stopped.
  std::optional<std::chrono::steady_clock::time_point> wait();
  // wait() returns, now and ever after. From any thread.
  void stop();

 private:
  using Clock = std::chrono::steady_clock;
  // A directory: the names in it that matter, and whether all manifest files do.
  struct Directory {
    std::set<std::string> names;
    bool manifests = false;

    bool cares_for(const std::string& name) const;
  };

  PathWatcher(int inotify, int stop_event) : inotify_(inotify), stop_event_(stop_event) {}

  // Returns the directory that `path` leads to, or nothing when it leads elsewhere or nowhere.
  std::optional<std::string> walk(const std::string& path);
  void watch_links_in(const std::string& directory);
  Directory* watch_directory(const std::string& directory, bool contents);
  // Milliseconds for poll(2): until things have settled; -1 while nothing has happened.
  int time_to_wait(Clock::time_point now) const;
  void read_events();
  void take(const inotify_event& event, const std::string& name);
  void note_writer(const inotify_event& event, const std::string& name);

  int inotify_;
  int stop_event_;
  std::map<int, Directory> directories_;  // by watch descriptor
  std::map<int, std::string> paths_;      // of the same
  absl::Status trouble_;                  // the first of this walk

  // Since the last wait():
  std::optional<Clock::time_point> first_change_;
  Clock::time_point last_change_;
  std::set<std::pair<int, std::string>> writers_;  // files opened by others and not closed since
};

}  // namespace portico
