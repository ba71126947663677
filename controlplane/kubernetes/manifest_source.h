#pragma once

// Kubernetes objects from manifest files, read again whenever they change.

#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "controlplane/kubernetes/manifest_parser.h"
#include "controlplane/kubernetes/object_source.h"
#include "controlplane/kubernetes/path_watcher.h"

namespace portico {

// # Theory of operation
//
// One thread: watch the path, read it wholly, hand on what was read or what is wrong with it, sleep
// until something has changed, and again. The set of manifests is taken or refused as a whole: with
// one fault anywhere, the listener gets the faults and no objects, else all of them, as a reset.
class ManifestSource : public ObjectSource {
 public:
  // `path`: a file, or a folder with *.yaml and *.yml files. It may come to be later.
  explicit ManifestSource(std::string path) : path_(std::move(path)) {}
  ~ManifestSource() override { stop(); }

  absl::Status start(ObjectListener* listener) override;
  void stop() override;

 private:
  void run();
  void hand_on(ManifestReading reading, std::chrono::steady_clock::time_point changed_at);
  void tell_skipped(const std::vector<ObjectFault>& skipped);

  const std::string path_;
  ObjectListener* listener_ = nullptr;
  std::unique_ptr<PathWatcher> watcher_;
  std::thread thread_;
  std::vector<std::string> skipped_;  // as last told
};

}  // namespace portico
