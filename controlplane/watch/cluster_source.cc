#include "controlplane/watch/cluster_source.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "spdlog/spdlog.h"

namespace portico {

ClusterSource::ClusterSource(AccessConfig access, const ClusterSourceOptions& options)
    : options_(options),
      client_(access.settings),
      credentials_(std::move(access), [this] { client_.wake(); }),
      generator_(std::random_device()()),
      random_([this] { return std::generate_canonical<double, 53>(generator_); }),
      services_(&now_.services),
      endpoint_slices_(&now_.endpoints),
      nodes_(&now_.nodes),
      discovery_(&client_, &credentials_, random_) {}

absl::Status ClusterSource::start(ObjectListener* listener) {
  listener_ = listener;
  service_watch_ = watch(services(), &services_, &now_.services);
  if (options_.nodes) node_watch_ = watch(nodes(), &nodes_, &now_.nodes);
  thread_ = std::thread([this] { run(); });
  return absl::OkStatus();
}

void ClusterSource::stop() {
  if (!thread_.joinable()) return;
  stopping_ = true;
  client_.wake();
  thread_.join();
}

ClusterStatistics ClusterSource::statistics() const {
  const std::lock_guard lock(mutex_);
  return published_;
}

void ClusterSource::run() {
  while (!stopping_) {
    Clock::time_point until = drive();
    const Clock::time_point now = Clock::now();
    note_changes();
    if (changed_at_.has_value() || (is_complete() && now_.updates == 0)) {
      if (now - handed_on_at_ >= kPause) {
        hand_on(now);
      } else {
        until = std::min(until, handed_on_at_ + kPause);
      }
    }
    publish();
    client_.poll(until);
  }
}

// What is to be asked now is asked; until when there is nothing to do unless an answer comes.
std::chrono::steady_clock::time_point ClusterSource::drive() {
  Clock::time_point until = Clock::time_point::max();
  drive_discovery(&until);
  for (const AskedReflector* watch : {&service_watch_, &endpoint_watch_, &node_watch_}) {
    if (*watch != nullptr) until = std::min(until, (*watch)->channel.drive());
  }
  return until;
}

void ClusterSource::drive_discovery(Clock::time_point* until) {
  if (endpoint_watch_ != nullptr && endpoint_watch_->exchange.is_missing()) {
    spdlog::warn("the API server has no {} any more: asking which it has", now_.endpoint_api);
    endpoint_watch_.reset();
    now_.endpoint_api.clear();
    discovery_.exchange.forget(Clock::now());
  }
  *until = std::min(*until, discovery_.channel.drive());
  if (const std::optional<std::string> fault = discovery_.exchange.take_fault()) {
    spdlog::warn("cannot find out how the API server tells of endpoints: {}", *fault);
    ++now_.endpoints.failures;
    now_.endpoints.last_error = *fault;
    now_.endpoints.last_error_at = Clock::now();
  }
  const std::optional<EndpointApi> found = discovery_.exchange.found();
  if (found.has_value() && endpoint_watch_ == nullptr) watch_endpoints(*found);
}

void ClusterSource::watch_endpoints(EndpointApi api) {
  Resource resource = endpoints(api);
  now_.endpoint_api = absl::StrCat(resource.type.kind, " in ", resource.type.api_version);
  spdlog::info("endpoints are read from {}", now_.endpoint_api);
  ObjectSink* sink = &endpoint_slices_;
  if (api != EndpointApi::kSlicesV1) {
    older_endpoints_ = std::make_unique<SliceSink>(sink);
    sink = older_endpoints_.get();
  }
  endpoint_watch_ = watch(std::move(resource), sink, &now_.endpoints);
}

ClusterSource::AskedReflector ClusterSource::watch(Resource resource, ObjectSink* sink,
                                                   WatchStatistics* statistics) {
  return std::make_unique<Asked<Reflector>>(&client_, &credentials_, std::move(resource),
                                            options_.streaming_lists, random_, sink, statistics);
}

bool ClusterSource::is_complete() const {
  return now_.services.synced && now_.endpoints.synced && (!options_.nodes || now_.nodes.synced);
}

void ClusterSource::note_changes() {
  for (const AskedReflector* watch : {&service_watch_, &endpoint_watch_, &node_watch_}) {
    if (*watch == nullptr) continue;
    const std::optional<Clock::time_point> heard = (*watch)->channel.take_heard();
    if (!heard.has_value() || !is_complete() || changed_at_.has_value()) continue;
    if (services_.has_changes() || endpoint_slices_.has_changes() || nodes_.has_changes()) {
      changed_at_ = heard;
    }
  }
}

void ClusterSource::hand_on(Clock::time_point now) {
  ObjectUpdate update;
  update.reset = now_.updates == 0;
  update.services = services_.take_changes();
  update.endpoint_slices = endpoint_slices_.take_changes();
  update.nodes = nodes_.take_changes();
  update.changed_at = changed_at_.value_or(now);
  changed_at_.reset();
  ++now_.updates;
  if (update.reset) {
    spdlog::info("every list is complete: {} Services, {} EndpointSlices, {} Nodes",
                 now_.services.objects, now_.endpoints.objects, now_.nodes.objects);
  }
  listener_->on_update(update);
  handed_on_at_ = Clock::now();
}

void ClusterSource::publish() {
  now_.ready = now_.updates > 0;
  const std::lock_guard lock(mutex_);
  published_ = now_;
}

}  // namespace portico
