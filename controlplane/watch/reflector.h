#pragma once

// Keeps the objects of one kind as an API server has them: list, watch, and what to do about every
// fault, as client-go's reflector does (k8s.io/client-go/tools/cache/reflector.go).

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "controlplane/watch/api_exchange.h"
#include "controlplane/watch/backoff.h"
#include "controlplane/watch/decode.h"
#include "controlplane/watch/object_sink.h"
#include "controlplane/watch/resource.h"
#include "controlplane/watch/splitter.h"
#include "controlplane/watch/watch_statistics.h"

namespace portico {

// # Theory of operation
//
// At any time the reflector is in a phase, and in it waits for the time of its next request or for
// the answer to the one under way:
//
//   kStream  a watch that begins with all objects (KEP-3157); at the bookmark annotated
//            k8s.io/initial-events-end the list is complete, and the same request goes on as
//            kWatch. A server that has no such thing refuses it, and kList takes its place for good
//   kList    pages of a list, each a request; then kWatch
//   kWatch   a watch from the version seen last. It ends after 5 to 10 minutes, as asked for, and
//            another one goes on from there: no list is needed as long as the server still knows
//            the events since
//
// Resource versions are opaque. `version_` is the last one seen, of a list or an event, and a list
// asks for nothing older, so that time never goes back; the first takes what the server has at hand
// (version 0). When the server does not know that version any more, or not yet, the list asks for
// the newest.
//
// A failure is told to the sink and tried again after a backoff; where another request will do
// (a list for a watch), at once, but only a few times in a row. What an older server has not (a
// streaming list, protobuf) is gone without from then on, which is no failure. See
// reflector_faults.cc, which is the table of faults.
class Reflector : public ApiExchange {
 public:
  static constexpr std::chrono::seconds kWatchAtLeast{300};  // and up to twice as long
  // Past the end that a watch asked for: nobody is there any more.
  static constexpr std::chrono::seconds kMargin{30};
  // Without a byte of a list, or of the head of an answer.
  static constexpr std::chrono::seconds kSilence{60};
  // A watch that ends before without an event was a failure.
  static constexpr std::chrono::seconds kShort{1};
  // As long the server's own faults are borne by a watch; then a list is made.
  static constexpr std::chrono::seconds kPatience{60};
  static constexpr int kPageSize = 500;
  static constexpr int kMaxAtOnce = 5;
  // So many objects that are passed over are told in so long; the others are only counted.
  static constexpr int kMaxTold = 20;
  static constexpr std::chrono::seconds kTellingTime{60};
  static constexpr std::size_t kMaxErrorBody = std::size_t{64} << 10;

  // `sink` and `statistics` must outlive the reflector.
  Reflector(Resource resource, bool streaming_lists, Random random, ObjectSink* sink,
            WatchStatistics* statistics);

  Step next(Time now) override;
  void on_head(const ResponseHead& head, Time now) override;
  void on_data(absl::string_view bytes, Time now) override;
  void on_end(const absl::Status& status, Time now) override;

  // The server has no such resource: it may have come to be another version of Kubernetes.
  bool is_missing() const { return missing_; }

 private:
  enum class Phase : std::uint8_t { kStream, kList, kWatch };

  // reflector_requests.cc
  ApiRequest make_request();
  std::string list_query() const;
  std::string watch_query(std::chrono::seconds lasts) const;

  // reflector.cc
  void begin(Time now);
  void take_list_item(absl::string_view piece, Time now);
  void take_event(absl::string_view piece, Time now);
  void take_object(WatchEvent event, Time now);
  void take_bookmark(const WatchEvent& event, Time now);
  void end_watch(const absl::Status& status, Time now);
  void end_page(const absl::Status& status, Time now);
  void complete_list(const std::string& version, Time now);
  bool watched_well(Time now) const;
  bool is_watch() const { return phase_ != Phase::kList; }
  void set_deadline(Time now);

  // reflector_faults.cc
  void refused(const kubernetes::Status& status, Time now);
  std::string settle_for_less(const kubernetes::Status& status);
  bool look_for_another_version(const kubernetes::Status& status, Time now);
  void expired(Time now);
  void cut_off(const absl::Status& status, Time now);
  void take_unreadable(absl::string_view piece, absl::string_view fault, Time now);
  void pass_over(const kubernetes::ObjectMeta& metadata, absl::string_view fault, Time now);
  void fail(const std::string& text, Time now,
            std::optional<std::chrono::seconds> retry_after = std::nullopt);
  void note_failure(const std::string& text, Time now);
  void again_at_once(Time now);
  void start_list();
  std::string describe(const kubernetes::Status& status) const;

  Resource resource_;  // the field selector goes when the server has none
  bool streaming_lists_;
  Random random_;
  Backoff backoff_;
  ObjectSink* const sink_;
  WatchStatistics* const statistics_;

  Phase phase_;
  Time due_{};  // of the next request, while none is under way
  std::string version_;
  bool version_lost_ = false;  // the server does not have it: ask for the newest
  std::string continuation_;   // of the page to be asked for; empty: the first
  bool unpaged_ = false;       // pages expired before the last
  bool json_only_ = false;
  bool missing_ = false;
  int at_once_ = 0;  // so often in a row nothing was waited for
  std::optional<Time> failing_since_;
  int told_ = 0;  // objects that were passed over, since:
  Time told_since_{};

  // The request under way:
  bool running_ = false;
  bool unwanted_ = false;  // to be cancelled
  Time started_{};
  Time deadline_{};                // by which a byte has to come, or the watch to end
  std::chrono::seconds lasts_{0};  // the watch, as asked for
  std::uint64_t events_ = 0;
  std::uint64_t pieces_ = 0;  // of the list, or of the watch
  std::optional<ResponseHead> head_;
  Encoding encoding_ = Encoding::kJson;
  std::unique_ptr<Splitter> splitter_;
  std::string error_body_;
};

}  // namespace portico
