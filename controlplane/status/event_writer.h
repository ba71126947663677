#pragma once

// Kubernetes Events: what is wrong with an object, for `kubectl describe` to show.

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/time.h"
#include "controlplane/controller/controller.h"
#include "controlplane/http/http_client.h"
#include "controlplane/kubeconfig/access_config.h"
#include "controlplane/kubeconfig/credentials.h"
#include "prometheus/collectable.h"
#include "prometheus/metric_family.h"

namespace portico {

// An Event that is to be written.
struct ObjectEvent {
  std::string api_version;  // "v1"
  std::string kind;         // "Service"
  std::string name_space;   // empty: of an object in none, such as a Node
  std::string name;
  std::string uid;
  std::string message;
};

// Of an object as the server has it, of which ours may have been made (watch/slice_conversion.h).
ObjectEvent event_about(const std::string& kind, const kubernetes::ObjectMeta& metadata,
                        std::string message);

// A core/v1 Event in JSON (k8s.io/api/core/v1: Event), of type Warning and reason "NotServed".
std::string event_json(const ObjectEvent& event, absl::Time now);
// "/api/v1/namespaces/default/events": an Event of an object without a namespace is in "default",
// as client-go's recorder has it.
std::string event_path(const ObjectEvent& event);

// # Theory of operation
//
// A thread of its own, with a connection and credentials of its own, so that a slow API server
// holds up nothing. It writes one Event after the other, at most kPerMinute a minute; what comes
// beyond kMaxWaiting is counted and left out, for the log has it too. A fault is told to it once
// (translator.h), so one that can't be written for now (no credentials, no connection, 401, 429,
// 5xx) is tried kTries times, with 1, 2, 4... seconds between, and so outlives a token's or a
// server's renewal. All others wait meanwhile.
class EventWriter : public ControllerObserver, public prometheus::Collectable {
 public:
  static constexpr int kTries = 6;
  static constexpr std::chrono::seconds kFirstWait{1};
  static constexpr std::size_t kMaxWaiting = 200;
  static constexpr int kPerMinute = 60;

  explicit EventWriter(AccessConfig access, std::chrono::milliseconds first_wait = kFirstWait);
  ~EventWriter() override { stop(); }

  void start();
  void stop();

  void on_update(const ObjectUpdate&, const Translator&) override {}
  void on_revision(const Revision&) override {}
  void on_left_out(const std::vector<ObjectFault>& faults, const Translator& translator) override;

  // Until now.
  std::uint64_t written() const;
  std::uint64_t failed() const;
  std::uint64_t left_out() const;
  // These, as one counter by result.
  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  enum class Outcome : std::uint8_t { kWritten, kNotNow, kNever };

  void run();
  // The next one, when there is one and its time has come; nothing when it is to stop.
  std::optional<ObjectEvent> next();
  bool deliver(const ObjectEvent& event);
  Outcome write(const ObjectEvent& event);

  const std::chrono::milliseconds first_wait_;
  HttpClient client_;
  Credentials credentials_;
  std::thread thread_;
  std::string last_trouble_;  // of the thread alone; as told last

  mutable std::mutex mutex_;
  std::condition_variable condition_;
  // Guarded by mutex_:
  std::deque<ObjectEvent> waiting_;
  std::uint64_t written_ = 0;
  std::uint64_t failed_ = 0;
  std::uint64_t left_out_ = 0;
  bool stopping_ = false;
};

}  // namespace portico
