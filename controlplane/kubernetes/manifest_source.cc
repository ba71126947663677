#include "controlplane/kubernetes/manifest_source.h"

#include <chrono>
#include <optional>
#include <utility>

#include "spdlog/spdlog.h"

namespace portico {

absl::Status ManifestSource::start(ObjectListener* listener) {
  auto watcher = PathWatcher::create();
  if (!watcher.ok()) return watcher.status();
  listener_ = listener;
  watcher_ = *std::move(watcher);
  thread_ = std::thread([this] { run(); });
  return absl::OkStatus();
}

void ManifestSource::stop() {
  if (!thread_.joinable()) return;
  watcher_->stop();
  thread_.join();
}

void ManifestSource::run() {
  std::optional<std::chrono::steady_clock::time_point> changed_at =
      std::chrono::steady_clock::now();
  while (changed_at.has_value()) {
    const absl::Status watched = watcher_->watch(path_);
    if (!watched.ok()) {
      spdlog::warn("{}: changes may go unnoticed: {}", path_, std::string(watched.message()));
    }
    hand_on(read_manifests(path_), *changed_at);
    changed_at = watcher_->wait();
  }
}

void ManifestSource::hand_on(ManifestReading reading,
                             std::chrono::steady_clock::time_point changed_at) {
  if (!reading.faults.empty()) {
    listener_->on_faults(reading.faults);
    return;
  }
  tell_skipped(reading.skipped);
  const ObjectSet& objects = reading.objects;
  spdlog::debug("{}: {} Services, {} EndpointSlices, {} Nodes", path_, objects.services.size(),
                objects.endpoint_slices.size(), objects.nodes.size());
  listener_->on_update(reset_to(std::move(reading.objects), changed_at));
}

void ManifestSource::tell_skipped(const std::vector<ObjectFault>& skipped) {
  std::vector<std::string> lines;
  for (const ObjectFault& object : skipped) lines.push_back(object.to_string());
  if (lines != skipped_ && !lines.empty()) {
    spdlog::info("{} object(s) passed over, the first: {}", lines.size(), lines[0]);
  }
  skipped_ = std::move(lines);
}

}  // namespace portico
