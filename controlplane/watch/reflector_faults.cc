// What the reflector does about faults.
//
// clang-format off
// | fault                                      | what comes next                                   |
// |--------------------------------------------|---------------------------------------------------|
// | 410 for a list                             | at once a list of the newest version              |
// | 410 for a page after the first             | at once a list without pages                      |
// | 410 for a watch                            | at once a list that is not older than what we have|
// | 504 ResourceVersionTooLarge                | at once a list of the newest version              |
// | 400 because of a field selector            | at once the same without it, for good             |
// | 4xx for a streaming list                   | at once a list, for good                          |
// | 406 for protobuf                           | at once JSON, for good                            |
// | no end of a streaming list                 | at once a list, for good                          |
// | no version at its end                      | a list after a backoff, for good                  |
// | 401, 403                                   | the same after a backoff                          |
// | 429                                        | the same after a backoff                          |
// | 5xx for a watch                            | the same after a backoff; after a minute a list   |
// | another error for a watch                  | a list after a backoff                            |
// | any error for a list                       | the same after a backoff                          |
// | no connection, or lost during a list       | the same after a backoff                          |
// | a connection lost while watching           | at once a watch from the version seen last        |
// clang-format on
//
// "At once" only so many times in a row; a backoff waits for the server's Retry-After. What an
// older server has not (400, 4xx, 406 with "for good") is no failure.

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "controlplane/kubernetes/object_set.h"
#include "controlplane/watch/partial_object.h"
#include "controlplane/watch/reflector.h"
#include "controlplane/yaml/printable.h"

namespace portico {
namespace {

bool is_expired(const kubernetes::Status& status) {
  return status.code() == 410 || status.reason() == "Expired" || status.reason() == "Gone";
}

// k8s.io/apimachinery/pkg/api/errors, and client-go's isTooLargeResourceVersionError: before 1.20
// the message alone told.
bool is_too_large_version(const kubernetes::Status& status) {
  if (status.code() != 504 && status.reason() != "Timeout") return false;
  for (const kubernetes::StatusCause& cause : status.details().causes()) {
    if (cause.type() == "ResourceVersionTooLarge") return true;
    if (cause.message() == "Too large resource version") return true;
  }
  return absl::StrContains(status.message(), "Too large resource version");
}

// "403 Forbidden: for a reason"
std::string words_of(const kubernetes::Status& status) {
  return absl::StrCat(status.code(), status.reason().empty() ? "" : " ", printable(status.reason()),
                      status.message().empty() ? "" : ": ", printable(status.message()));
}

}  // namespace

std::string Reflector::describe(const kubernetes::Status& status) const {
  const char* verb = is_watch() ? "watch" : "list";
  const std::string what = words_of(status);
  if (status.code() == 401) {
    return absl::StrCat("the API server does not accept our credentials (to ", verb, " ",
                        resource_.plural, "): ", what);
  }
  if (status.code() == 403) {
    return absl::StrCat("the API server's authorization lacks the verb \"", verb, "\" on ",
                        resource_.plural, ": ", what);
  }
  return absl::StrCat("cannot ", verb, " ", resource_.plural, ": ", what);
}

// An answer that is an error, or an ERROR event of a watch.
void Reflector::refused(const kubernetes::Status& status, Time now) {
  const std::string text = describe(status);
  statistics_->watching_since.reset();
  if (watched_well(now)) at_once_ = 0;
  if (const std::string lacks = settle_for_less(status); !lacks.empty()) {
    again_at_once(now);
    return sink_->inform(absl::StrCat(lacks, " (", words_of(status), ")"));
  }
  if (look_for_another_version(status, now)) return note_failure(text, now);
  const int code = status.code();
  missing_ = code == 404;
  if (phase_ == Phase::kWatch && code >= 500) {
    if (!failing_since_.has_value()) failing_since_ = now;
    if (now - *failing_since_ >= kPatience) start_list();
  } else if (phase_ == Phase::kWatch && code != 401 && code != 403 && code != 429) {
    start_list();
  }
  std::optional<std::chrono::seconds> retry_after;
  if ((code == 429 || code >= 500) && status.details().retry_after_seconds() > 0) {
    retry_after = std::chrono::seconds(status.details().retry_after_seconds());
  }
  fail(text, now, retry_after);
}

// What an older server does without, from now on; empty if that is not what it says.
std::string Reflector::settle_for_less(const kubernetes::Status& status) {
  const int code = status.code();
  if (is_expired(status)) return "";
  if (code == 406 && !json_only_) {
    json_only_ = true;
    return absl::StrCat("the API server does not tell of ", resource_.plural,
                        " in protobuf: in JSON from now on");
  }
  if (code == 400 && !resource_.field_selector.empty()) {
    return absl::StrCat("the API server does not choose ", resource_.plural, " by ",
                        std::exchange(resource_.field_selector, ""), ": asking for all of them");
  }
  if (phase_ == Phase::kStream && code >= 400 && code < 500 && code != 401 && code != 429) {
    streaming_lists_ = false;
    start_list();
    return absl::StrCat("the API server does not stream lists of ", resource_.plural,
                        ": asking for lists");
  }
  return "";
}

bool Reflector::look_for_another_version(const kubernetes::Status& status, Time now) {
  if (is_expired(status)) {
    expired(now);
    return true;
  }
  if (!is_too_large_version(status)) return false;
  version_lost_ = true;
  start_list();
  again_at_once(now);
  return true;
}

void Reflector::expired(Time now) {
  if (!continuation_.empty()) {
    unpaged_ = true;  // the token of the error would be of another version than the pages we have
  } else if (phase_ != Phase::kWatch) {
    version_lost_ = true;
  }
  start_list();
  again_at_once(now);
}

void Reflector::start_list() {
  phase_ = streaming_lists_ ? Phase::kStream : Phase::kList;
  continuation_.clear();
}

// An object that can't be decoded, or is too large. If its name can be found it is told and what is
// there of the object stays, at a list too; only its deletion needs no more than the name.
void Reflector::take_unreadable(absl::string_view piece, absl::string_view fault, Time now) {
  const PartialObject object =
      is_watch() ? find_partial_event(encoding_, piece) : find_partial_item(encoding_, piece);
  if (!object.metadata.name().empty()) {
    if (object.event_type == "DELETED") {
      sink_->erase(object.metadata);
    } else if (phase_ != Phase::kWatch) {
      sink_->keep(object.metadata);
    }
  }
  pass_over(object.metadata, fault, now);
}

// Told by its name, or if it has none by its place in the answer.
void Reflector::pass_over(const kubernetes::ObjectMeta& metadata, absl::string_view fault,
                          Time now) {
  ++statistics_->decode_errors;
  if (told_ == 0 || now - told_since_ >= kTellingTime) {
    told_since_ = now;
    told_ = 0;
  }
  if (++told_ > kMaxTold) return;
  const std::string what =
      metadata.name().empty() ? absl::StrCat("a ", resource_.type.kind, " (number ", pieces_,
                                             " of a ", is_watch() ? "watch" : "list", ")")
                              : absl::StrCat(resource_.type.kind, " ", printable(key_of(metadata)));
  sink_->warn(absl::StrCat(what, " is passed over: ", printable(fault)));
  if (told_ == kMaxTold) {
    sink_->warn(absl::StrCat("more of the ", resource_.plural,
                             " that are passed over within a minute are only counted"));
  }
}

// A request without an answer, or an answer without its end.
void Reflector::cut_off(const absl::Status& status, Time now) {
  statistics_->watching_since.reset();
  const std::string text = absl::StrCat(
      is_watch() ? "watch " : "list ", resource_.plural, ": ",
      status.ok() ? "ended before its list was complete" : printable(status.message()));
  if (watched_well(now)) at_once_ = 0;
  // The settings of the connection have changed, by our own doing.
  const bool renewed = absl::IsAborted(status);
  const bool lost = absl::IsUnavailable(status) || absl::IsDataLoss(status);
  if (phase_ == Phase::kStream && head_.has_value() && !renewed && !lost) {
    streaming_lists_ = false;
    start_list();
  } else if (!watched_well(now) && !renewed) {
    return fail(text, now);
  }
  note_failure(text, now);
  again_at_once(now);
}

void Reflector::fail(const std::string& text, Time now,
                     std::optional<std::chrono::seconds> retry_after) {
  due_ = backoff_.after_failure(now, retry_after);
  note_failure(text, now);
}

void Reflector::note_failure(const std::string& text, Time now) {
  ++statistics_->failures;
  statistics_->last_error = text;
  statistics_->last_error_at = now;
  sink_->warn(text);
}

void Reflector::again_at_once(Time now) {
  due_ = ++at_once_ <= kMaxAtOnce ? now : backoff_.after_failure(now);
}

}  // namespace portico
