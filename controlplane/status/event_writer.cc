#include "controlplane/status/event_writer.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "controlplane/watch/slice_conversion.h"
#include "controlplane/yaml/printable.h"
#include "google/protobuf/struct.pb.h"
#include "google/protobuf/util/json_util.h"
#include "spdlog/spdlog.h"

namespace portico {
namespace {

using google::protobuf::Struct;
using std::chrono::steady_clock;

constexpr std::size_t kMaxMessage = 1024;  // ValidateEvent: the note of an Event
constexpr std::chrono::seconds kPatience{30};

// The answer to one POST.
class Answer : public HttpHandler {
 public:
  void on_head(int status, const HttpHeaders&) override { status_ = status; }
  void on_data(absl::string_view) override {}
  void on_end(const absl::Status& status) override { end_ = status; }

  bool is_over() const { return end_.has_value(); }
  absl::Status result() const {
    if (!end_->ok()) return *end_;
    if (status_ >= 200 && status_ < 300) return absl::OkStatus();
    const char* hint = "";
    if (status_ == 401) hint = ": it does not accept our credentials";
    if (status_ == 403) hint = ": the right to create events is missing";
    return absl::UnavailableError(absl::StrCat("the API server answers ", status_, hint));
  }
  // What the server has refused for good, it refuses the next time too.
  bool may_be_better_later() const {
    return !end_.has_value() || !end_->ok() || status_ == 401 || status_ == 429 || status_ >= 500;
  }
  bool is_unauthorized() const { return status_ == 401; }

 private:
  int status_ = 0;
  std::optional<absl::Status> end_;
};

void set(Struct* object, const std::string& key, const std::string& text) {
  (*object->mutable_fields())[key].set_string_value(text);
}

Struct* inner(Struct* object, const std::string& key) {
  return (*object->mutable_fields())[key].mutable_struct_value();
}

std::string host_name() {
  std::array<char, 256> name{};
  gethostname(name.data(), name.size() - 1);
  return name.data();
}

}  // namespace

ObjectEvent event_about(const std::string& kind, const kubernetes::ObjectMeta& metadata,
                        std::string message) {
  ObjectEvent event{kind == "EndpointSlice" ? "discovery.k8s.io/v1" : "v1",
                    kind,
                    metadata.namespace_(),
                    metadata.name(),
                    metadata.uid(),
                    std::move(message)};
  const auto made_of = metadata.annotations().find(kMadeOf);
  if (kind != "EndpointSlice" || made_of == metadata.annotations().end()) return event;
  const std::vector<std::string> words = absl::StrSplit(made_of->second, ' ');
  if (words.size() != 3) return event;
  event.api_version = words[0];
  event.kind = words[1];
  event.name = words[2];
  return event;
}

std::string event_path(const ObjectEvent& event) {
  return absl::StrCat("/api/v1/namespaces/",
                      event.name_space.empty() ? "default" : event.name_space, "/events");
}

std::string event_json(const ObjectEvent& event, absl::Time now) {
  const std::string time = absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", now, absl::UTCTimeZone());
  Struct object;
  set(&object, "apiVersion", "v1");
  set(&object, "kind", "Event");
  Struct* metadata = inner(&object, "metadata");
  set(metadata, "generateName", absl::StrCat(event.name.substr(0, 200), "."));
  set(metadata, "namespace", event.name_space.empty() ? "default" : event.name_space);
  Struct* involved = inner(&object, "involvedObject");
  set(involved, "apiVersion", event.api_version);
  set(involved, "kind", event.kind);
  set(involved, "name", event.name);
  if (!event.name_space.empty()) set(involved, "namespace", event.name_space);
  if (!event.uid.empty()) set(involved, "uid", event.uid);
  set(&object, "type", "Warning");
  set(&object, "reason", "NotServed");
  set(&object, "message", printable(event.message).substr(0, kMaxMessage));
  set(inner(&object, "source"), "component", "portico-controller");
  set(&object, "reportingComponent", "portico-controller");
  set(&object, "reportingInstance", host_name());
  set(&object, "firstTimestamp", time);
  set(&object, "lastTimestamp", time);
  (*object.mutable_fields())["count"].set_number_value(1);
  std::string json;
  if (!google::protobuf::util::MessageToJsonString(object, &json).ok()) return "";
  return json;
}

EventWriter::EventWriter(AccessConfig access, std::chrono::milliseconds first_wait)
    : first_wait_(first_wait),
      client_(access.settings),
      credentials_(std::move(access), [this] { client_.wake(); }) {}

void EventWriter::start() {
  thread_ = std::thread([this] { run(); });
}

void EventWriter::stop() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    condition_.notify_all();
  }
  client_.wake();
  thread_.join();
}

void EventWriter::on_left_out(const std::vector<ObjectFault>& faults,
                              const Translator& translator) {
  const std::lock_guard lock(mutex_);
  for (const ObjectFault& fault : faults) {
    if (waiting_.size() >= kMaxWaiting) {
      ++left_out_;
      continue;
    }
    const kubernetes::ObjectMeta* metadata = translator.find(fault.object);
    if (metadata == nullptr) continue;
    waiting_.push_back(event_about(fault.object.substr(0, fault.object.find(' ')), *metadata,
                                   absl::StrCat("is left out by Portico: ", fault.field,
                                                fault.field.empty() ? "" : ": ", fault.message)));
  }
  condition_.notify_all();
}

std::uint64_t EventWriter::written() const {
  const std::lock_guard lock(mutex_);
  return written_;
}

std::uint64_t EventWriter::failed() const {
  const std::lock_guard lock(mutex_);
  return failed_;
}

std::uint64_t EventWriter::left_out() const {
  const std::lock_guard lock(mutex_);
  return left_out_;
}

std::vector<prometheus::MetricFamily> EventWriter::Collect() const {
  prometheus::MetricFamily all{"portico_controller_events_total",
                               "Events for the cluster, by what became of them.",
                               prometheus::MetricType::Counter,
                               {}};
  const std::lock_guard lock(mutex_);
  for (const auto& [result, count] : {std::pair("written", written_), std::pair("failed", failed_),
                                      std::pair("left_out", left_out_)}) {
    prometheus::ClientMetric& metric = all.metric.emplace_back();
    metric.label = {{"result", result}};
    metric.counter.value = static_cast<double>(count);
  }
  return {std::move(all)};
}

// A bucket of kPerMinute, filled one every 60 s / kPerMinute.
void EventWriter::run() {
  constexpr std::chrono::milliseconds kEach{60'000 / kPerMinute};
  steady_clock::time_point full_at = steady_clock::now();
  while (const std::optional<ObjectEvent> event = next()) {
    const auto now = steady_clock::now();
    full_at = std::max(full_at, now) + kEach;
    const bool written = deliver(*event);
    std::unique_lock lock(mutex_);
    ++(written ? written_ : failed_);
    condition_.wait_until(lock, full_at - kEach * kPerMinute, [this] { return stopping_; });
  }
}

std::optional<ObjectEvent> EventWriter::next() {
  std::unique_lock lock(mutex_);
  condition_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
  if (stopping_) return std::nullopt;
  ObjectEvent event = std::move(waiting_.front());
  waiting_.pop_front();
  return event;
}

// What keeps one from being written mostly keeps all of them: so those behind it wait, too.
bool EventWriter::deliver(const ObjectEvent& event) {
  std::chrono::milliseconds wait = first_wait_;
  for (int tries = 1;; ++tries, wait *= 2) {
    const Outcome outcome = write(event);
    if (outcome != Outcome::kNotNow || tries == kTries) return outcome == Outcome::kWritten;
    std::unique_lock lock(mutex_);
    if (condition_.wait_for(lock, wait, [this] { return stopping_; })) return false;
  }
}

EventWriter::Outcome EventWriter::write(const ObjectEvent& event) {
  const auto deadline = steady_clock::now() + kPatience;
  const auto is_stopping = [this] {
    const std::lock_guard lock(mutex_);
    return stopping_;
  };
  absl::StatusOr<const Access*> access = credentials_.access(absl::Now());
  while (access.ok() && *access == nullptr && !is_stopping() && steady_clock::now() < deadline) {
    client_.poll(deadline);
    access = credentials_.access(absl::Now());
  }
  absl::Status result = access.status();
  Answer answer;
  if (access.ok() && *access != nullptr) {
    client_.configure((*access)->settings);
    HttpHeaders headers = (*access)->headers;
    headers.emplace_back("content-type", "application/json");
    const absl::Time sent_at = absl::Now();
    const HttpClient::Id id = client_.start({.method = "POST",
                                             .url = (*access)->server + event_path(event),
                                             .headers = std::move(headers),
                                             .body = event_json(event, sent_at)},
                                            &answer);
    while (!answer.is_over() && !is_stopping() && steady_clock::now() < deadline) {
      client_.poll(deadline);
    }
    client_.cancel(id);
    result = answer.is_over() ? answer.result() : absl::DeadlineExceededError("no answer in time");
    if (answer.is_unauthorized()) credentials_.on_unauthorized(sent_at);
  }
  const std::string trouble(result.message());
  if (!result.ok() && trouble != last_trouble_) spdlog::warn("can't write Events: {}", trouble);
  last_trouble_ = trouble;
  if (result.ok()) return Outcome::kWritten;
  return answer.may_be_better_later() ? Outcome::kNotNow : Outcome::kNever;
}

}  // namespace portico
