#include "controlplane/kubernetes/path_watcher.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <deque>
#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "controlplane/kubernetes/manifest_files.h"

namespace portico {
namespace {

namespace fs = std::filesystem;

// Entries that come and go; and for where the files themselves are, their contents.
constexpr std::uint32_t kEntries = IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO |
                                   IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR | IN_MASK_ADD;
constexpr std::uint32_t kContents = IN_MODIFY | IN_CLOSE_WRITE | IN_ATTRIB;
// As in path_resolution(7).
constexpr int kMaxLinks = 40;

void prepend(const fs::path& path, std::deque<std::string>* components) {
  std::deque<std::string> parts;
  for (const fs::path& part : path.relative_path()) {
    if (!part.empty() && part != ".") parts.push_back(part.string());
  }
  components->insert(components->begin(), parts.begin(), parts.end());
}

}  // namespace

bool PathWatcher::Directory::cares_for(const std::string& name) const {
  return names.contains(name) || (manifests && is_manifest_name(name));
}

absl::StatusOr<std::unique_ptr<PathWatcher>> PathWatcher::create() {
  const int inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  if (inotify < 0) return absl::ErrnoToStatus(errno, "inotify_init1");
  const int stop_event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (stop_event < 0) {
    const int reason = errno;
    close(inotify);
    return absl::ErrnoToStatus(reason, "eventfd");
  }
  return std::unique_ptr<PathWatcher>(new PathWatcher(inotify, stop_event));
}

PathWatcher::~PathWatcher() {
  close(inotify_);
  close(stop_event_);
}

void PathWatcher::stop() {
  // Can fail only when it is stopped already a great many times.
  if (eventfd_write(stop_event_, 1) != 0) return;
}

absl::Status PathWatcher::watch(const std::string& path) {
  const std::map<int, Directory> before = std::exchange(directories_, {});
  paths_.clear();
  trouble_ = absl::OkStatus();
  if (const std::optional<std::string> folder = walk(path)) {
    if (Directory* directory = watch_directory(*folder, true)) directory->manifests = true;
    watch_links_in(*folder);
  }
  for (const auto& [watch, directory] : before) {
    // One that is gone has lost its watch already.
    if (!directories_.contains(watch)) inotify_rm_watch(inotify_, watch);
  }
  std::erase_if(writers_, [&](const auto& writer) { return !directories_.contains(writer.first); });
  return trouble_;
}

std::optional<std::string> PathWatcher::walk(const std::string& path) {
  std::error_code error;
  std::deque<std::string> components;
  prepend(fs::absolute(path, error), &components);
  fs::path here = "/";
  int links = 0;
  while (!components.empty()) {
    const std::string name = components.front();
    components.pop_front();
    if (name == "..") {  // `here` has no links in it, so this is its parent
      here = here.parent_path();
      continue;
    }
    Directory* directory = watch_directory(here, components.empty());
    if (directory == nullptr) return std::nullopt;
    directory->names.insert(name);
    const fs::file_status status = fs::symlink_status(here / name, error);
    if (fs::is_symlink(status)) {
      const fs::path target = fs::read_symlink(here / name, error);
      if (error || ++links > kMaxLinks) return std::nullopt;
      if (target.is_absolute()) here = "/";
      prepend(target, &components);
    } else if (fs::is_directory(status)) {
      here /= name;
    } else {
      return std::nullopt;
    }
  }
  return here.string();
}

void PathWatcher::watch_links_in(const std::string& directory) {
  std::error_code error;
  for (fs::directory_iterator entry(directory, error); !error && entry != fs::directory_iterator();
       entry.increment(error)) {
    if (!is_manifest_name(entry->path().filename().string())) continue;
    if (entry->is_symlink(error)) walk(entry->path());
  }
}

PathWatcher::Directory* PathWatcher::watch_directory(const std::string& directory, bool contents) {
  const int watch =
      inotify_add_watch(inotify_, directory.c_str(), contents ? kEntries | kContents : kEntries);
  if (watch >= 0) {
    paths_[watch] = directory;
    return &directories_[watch];
  }
  // It went after its parent was watched: an event tells of that.
  if (errno != ENOENT && errno != ENOTDIR && trouble_.ok()) {
    trouble_ = absl::ErrnoToStatus(errno, absl::StrCat("cannot watch ", directory));
  }
  return nullptr;
}

std::optional<std::chrono::steady_clock::time_point> PathWatcher::wait() {
  while (true) {
    pollfd descriptors[] = {{inotify_, POLLIN, 0}, {stop_event_, POLLIN, 0}};
    const int timeout = time_to_wait(Clock::now());
    if (timeout == 0) break;
    if (poll(descriptors, std::size(descriptors), timeout) < 0 && errno != EINTR) break;
    if (descriptors[1].revents != 0) return std::nullopt;
    if (descriptors[0].revents != 0) read_events();
  }
  writers_.clear();
  return std::exchange(first_change_, std::nullopt);
}

int PathWatcher::time_to_wait(Clock::time_point now) const {
  if (!first_change_.has_value()) return -1;
  const Clock::time_point settled = last_change_ + (writers_.empty() ? kSettle : kWriterPause);
  const auto left = std::min(settled, *first_change_ + kPatience) - now;
  if (left <= Clock::duration::zero()) return 0;
  return static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(left).count());
}

void PathWatcher::read_events() {
  alignas(inotify_event) char buffer[16384];
  while (true) {
    const ssize_t size = read(inotify_, buffer, sizeof buffer);
    if (size <= 0) return;  // EAGAIN: all are read
    for (const char* at = buffer; at < buffer + size;) {
      const auto& event = *reinterpret_cast<const inotify_event*>(at);
      take(event, event.len == 0 ? "" : event.name);
      at += sizeof event + event.len;
    }
  }
}

void PathWatcher::take(const inotify_event& event, const std::string& name) {
  if ((event.mask & IN_Q_OVERFLOW) == 0) {
    const auto found = directories_.find(event.wd);
    if (found == directories_.end()) return;
    // Without a name it is the directory itself that went.
    if (name.empty() && (event.mask & IN_ATTRIB) != 0) return;
    if (!name.empty() && !found->second.cares_for(name)) return;
  }
  last_change_ = Clock::now();
  if (!first_change_.has_value()) first_change_ = last_change_;
  note_writer(event, name);
}

void PathWatcher::note_writer(const inotify_event& event, const std::string& name) {
  const std::pair<int, std::string> file(event.wd, name);
  if ((event.mask & IN_MODIFY) != 0) writers_.insert(file);
  if ((event.mask & (IN_CLOSE_WRITE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO)) != 0) {
    writers_.erase(file);
  }
  if ((event.mask & IN_CREATE) != 0 && (event.mask & IN_ISDIR) == 0) {
    // A new file is open and its contents are to come; a link, symbolic or hard, is complete.
    std::error_code error;
    const fs::path path = fs::path(paths_[event.wd]) / name;
    if (fs::is_regular_file(fs::symlink_status(path, error)) &&
        fs::hard_link_count(path, error) == 1) {
      writers_.insert(file);
    }
  }
}

}  // namespace portico
