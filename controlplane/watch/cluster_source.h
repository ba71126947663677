#pragma once

// Services, EndpointSlices and Nodes as an API server has them, from the first list on and through
// every change.

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "controlplane/http/http_client.h"
#include "controlplane/kubeconfig/access_config.h"
#include "controlplane/kubeconfig/credentials.h"
#include "controlplane/kubernetes/object_source.h"
#include "controlplane/watch/api_channel.h"
#include "controlplane/watch/collection.h"
#include "controlplane/watch/discovery.h"
#include "controlplane/watch/reflector.h"
#include "controlplane/watch/slice_sink.h"
#include "controlplane/watch/watch_statistics.h"

namespace portico {

struct ClusterSourceOptions {
  bool nodes = true;            // whether Nodes are watched at all
  bool streaming_lists = true;  // where the server has them
};

struct ClusterStatistics {
  // Every list is complete: what is handed on is all there is.
  bool ready = false;
  // What endpoints are read from: "EndpointSlice in discovery.k8s.io/v1"; empty: not known yet.
  std::string endpoint_api;
  std::uint64_t updates = 0;  // that were handed on
  WatchStatistics services;
  WatchStatistics endpoints;
  WatchStatistics nodes;
};

// # Theory of operation
//
// One thread, one HttpClient (over HTTP/2 one connection for everything), and exchanges that say
// what to ask: Discovery, then a Reflector for each kind.
//
//   bytes -> Reflector -> (SliceSink, for older servers) -> Collection -> ObjectUpdate -> listener
//
// The first update is handed on when every list is complete, and is a reset. After that changes are
// handed on as soon as what has come was read, but not more often than every kPause: what comes in
// between, or while the listener is at work, is the next update. So a change that comes alone waits
// for nobody, and under load updates become larger instead of more.
//
// What an API server has stays as it was last seen as long as it can't be reached.
class ClusterSource : public ObjectSource {
 public:
  static constexpr std::chrono::milliseconds kPause{2};

  explicit ClusterSource(AccessConfig access, const ClusterSourceOptions& options = {});
  ~ClusterSource() override { stop(); }

  absl::Status start(ObjectListener* listener) override;
  void stop() override;

  // As of a moment ago. From any thread.
  ClusterStatistics statistics() const;

 private:
  using Clock = std::chrono::steady_clock;

  // An exchange and its way to the server.
  template <typename Exchange>
  struct Asked {
    template <typename... Arguments>
    Asked(HttpClient* client, Credentials* credentials, Arguments&&... arguments)
        : exchange(std::forward<Arguments>(arguments)...),
          channel(client, credentials, &exchange) {}

    Exchange exchange;
    ApiChannel channel;  // ends before what it asks for
  };
  using AskedReflector = std::unique_ptr<Asked<Reflector>>;

  void run();
  Clock::time_point drive();
  void drive_discovery(Clock::time_point* until);
  void watch_endpoints(EndpointApi api);
  AskedReflector watch(Resource resource, ObjectSink* sink, WatchStatistics* statistics);
  bool is_complete() const;
  void note_changes();
  void hand_on(Clock::time_point now);
  void publish();

  const ClusterSourceOptions options_;
  HttpClient client_;
  Credentials credentials_;
  std::mt19937_64 generator_;
  const Random random_;
  ObjectListener* listener_ = nullptr;
  std::thread thread_;
  std::atomic<bool> stopping_{false};

  // Of the thread alone:
  ClusterStatistics now_;
  Collection<kubernetes::Service> services_;
  Collection<kubernetes::EndpointSlice> endpoint_slices_;
  Collection<kubernetes::Node> nodes_;
  Asked<Discovery> discovery_;
  std::unique_ptr<SliceSink> older_endpoints_;
  AskedReflector service_watch_;
  AskedReflector endpoint_watch_;
  AskedReflector node_watch_;
  std::optional<Clock::time_point> changed_at_;
  Clock::time_point handed_on_at_{};

  mutable std::mutex mutex_;
  ClusterStatistics published_;  // guarded by mutex_
};

}  // namespace portico
