#pragma once

// Asks an exec plugin, while its owner does other things.

#include <chrono>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "controlplane/kubeconfig/exec_credential.h"

namespace portico {

// # Theory of operation
//
// A run is a thread that waits for one process. start() begins one, `done` is called from its
// thread at its end, take() gives what came out. One run at a time; stop() or the destructor end
// it, the process with it, at once.
class ExecRunner {
 public:
  explicit ExecRunner(std::function<void()> done,
                      std::chrono::milliseconds time_limit = std::chrono::seconds(60));
  ~ExecRunner();
  ExecRunner(const ExecRunner&) = delete;
  ExecRunner& operator=(const ExecRunner&) = delete;

  // Unless one is under way. `info` is exec_info().
  void start(const ExecPlugin& plugin, const std::string& info);
  bool running() const { return thread_.joinable(); }
  // The answer of a run that has ended, once; nothing while there is none. Unavailable says in what
  // way the plugin has failed, with the last line of its standard error.
  std::optional<absl::StatusOr<ExecAnswer>> take();

 private:
  absl::StatusOr<ExecAnswer> ask(const ExecPlugin& plugin, const std::string& info) const;

  const std::function<void()> done_;
  const std::chrono::milliseconds time_limit_;
  const int cancel_;
  std::thread thread_;
  std::mutex mutex_;
  std::optional<absl::StatusOr<ExecAnswer>> answer_;  // guarded by mutex_
};

// The last line of what a plugin said on standard error, fit for a log: bounded, on one line, and
// without `secrets` of 4 characters and more, words of more than 40, and words from 16 on that are
// not made of language: letters and digits mixed, or capitals in their midst, as in tokens and
// keys.
std::string complaint(absl::string_view errors, const std::vector<std::string>& secrets);

}  // namespace portico
