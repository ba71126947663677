#include "controlplane/api/state_keeper.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "controlplane/api/state_file.h"
#include "spdlog/spdlog.h"

namespace portico {
namespace {

namespace fs = std::filesystem;

constexpr char kSuffix[] = ".state";

// See "nobody waits for the disk" in the header. A piece that took long was kept from running: its
// rest is not to be longer for that.
constexpr std::chrono::milliseconds kPiece{2};
constexpr int kRest = 20;

template <typename Ptr>
void remove_faulty(const absl::flat_hash_set<std::string>& faulty, std::vector<Ptr>& objects) {
  objects.erase(std::remove_if(objects.begin(), objects.end(),
                               [&](const Ptr& object) {
                                 return faulty.contains(store::key_of(*object).to_string());
                               }),
                objects.end());
}

store::Pending pending_of(const SourceSnapshot& snapshot) {
  store::Pending pending;
  pending.reset();
  for (const auto& service : snapshot.services) pending.set(*service);
  for (const auto& endpoint : snapshot.endpoints) pending.set(*endpoint);
  for (const auto& route : snapshot.routes) pending.set(*route);
  return pending;
}

}  // namespace

StateKeeper::StateKeeper(Ledger& ledger, std::string directory, absl::Duration interval)
    : ledger_(ledger), directory_(std::move(directory)), interval_(interval) {}

StateKeeper::~StateKeeper() {
  stop();
}

std::string StateKeeper::path_of(const std::string& source) const {
  return absl::StrCat(directory_, "/", source, kSuffix);
}

void StateKeeper::restore() {
  if (directory_.empty()) return;
  std::error_code error;
  fs::directory_iterator entries(directory_, error);
  if (error) {
    if (error != std::errc::no_such_file_or_directory) {
      spdlog::error("can't read the state in {}: {}", directory_, error.message());
    }
    return;
  }
  std::vector<std::string> paths;
  for (const fs::directory_entry& entry : entries) {
    if (entry.path().extension() == kSuffix) paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  for (const std::string& path : paths) restore_file(path);
}

void StateKeeper::restore_file(const std::string& path) {
  absl::StatusOr<SourceSnapshot> snapshot = read_state_file(path);
  if (snapshot.ok() && path_of(snapshot->source) != path) {
    snapshot = absl::DataLossError(
        absl::StrCat(path, " is damaged: it holds the state of \"", snapshot->source, "\""));
  }
  if (snapshot.ok()) return restore_source(path, *std::move(snapshot));
  if (absl::IsUnavailable(snapshot.status())) {
    spdlog::error("{}; starting without it", std::string(snapshot.status().message()));
    return;
  }
  const std::string aside = path + ".damaged";
  std::error_code error;
  fs::rename(path, aside, error);
  spdlog::error("{}; {}, starting without it", std::string(snapshot.status().message()),
                error ? "can't set it aside: " + error.message() : "set aside as " + aside);
}

void StateKeeper::restore_source(const std::string& path, SourceSnapshot snapshot) {
  constexpr std::size_t kAllViolations = static_cast<std::size_t>(-1);
  while (true) {
    const AcceptResult result =
        ledger_.accept(snapshot.source, pending_of(snapshot), snapshot.revision,
                       snapshot.accepted_at, kAllViolations);
    if (result.ok()) break;
    if (!result.applied.ok()) {
      spdlog::error("can't restore {}: {}", path, std::string(result.applied.message()));
      return;
    }
    absl::flat_hash_set<std::string> faulty;
    for (const store::Violation& violation : result.violations) {
      const std::string object = violation.object.to_string();
      spdlog::error("{}: {} is left out: {} {}", path, object, violation.field, violation.message);
      faulty.insert(object);
    }
    remove_faulty(faulty, snapshot.services);
    remove_faulty(faulty, snapshot.endpoints);
    remove_faulty(faulty, snapshot.routes);
  }
  ledger_.set_user_agent(snapshot.source, snapshot.user_agent);
  spdlog::info("restored revision {} of {}: {} services, {} endpoints, {} routes",
               snapshot.revision, snapshot.source, snapshot.services.size(),
               snapshot.endpoints.size(), snapshot.routes.size());
}

absl::Status StateKeeper::start() {
  if (directory_.empty() || writer_.joinable()) return absl::OkStatus();
  std::error_code error;
  fs::create_directories(directory_, error);
  if (!error && ::access(directory_.c_str(), R_OK | W_OK | X_OK) != 0) {
    error = std::error_code(errno, std::generic_category());
  }
  if (error) {
    return absl::FailedPreconditionError(
        absl::StrCat("state_directory ", directory_, " can't be used: ", error.message()));
  }
  writer_ = std::thread([this] { run(); });
  return absl::OkStatus();
}

void StateKeeper::accepted(const std::string& source) {
  if (directory_.empty()) return;
  absl::MutexLock lock(&mutex_);
  dirty_.insert(source);
}

void StateKeeper::stop() {
  if (!writer_.joinable()) return;
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  writer_.join();
  writer_ = std::thread();
}

void StateKeeper::run() {
  bool last = false;
  while (!last) {
    std::set<std::string> sources;
    {
      absl::MutexLock lock(&mutex_);
      const auto has_work = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
        return stopping_ || !dirty_.empty();
      };
      mutex_.Await(absl::Condition(&has_work));
      last = stopping_;
      sources.swap(dirty_);
    }
    write(sources);
    absl::MutexLock lock(&mutex_);
    if (!last) mutex_.AwaitWithTimeout(absl::Condition(&stopping_), interval_);
  }
}

void StateKeeper::rest() {
  if (std::chrono::steady_clock::now() - rested_at_ < kPiece) return;
  absl::MutexLock lock(&mutex_);
  mutex_.AwaitWithTimeout(absl::Condition(&stopping_), absl::FromChrono(kRest * kPiece));
  rested_at_ = std::chrono::steady_clock::now();
}

void StateKeeper::write(const std::set<std::string>& sources) {
  for (const std::string& source : sources) {
    rested_at_ = std::chrono::steady_clock::now();
    const absl::Status status =
        write_state_file(path_of(source), ledger_.snapshot(source), [this] { rest(); });
    if (status.ok()) {
      if (failing_) spdlog::info("the state is written again");
      failing_ = false;
      continue;
    }
    if (!failing_) spdlog::error("the state is not on disk: {}", std::string(status.message()));
    failing_ = true;
    accepted(source);  // again after the interval
  }
}

}  // namespace portico
