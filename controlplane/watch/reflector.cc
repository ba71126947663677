#include "controlplane/watch/reflector.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "controlplane/yaml/printable.h"

namespace portico {
namespace {

// Of the bookmark behind the last object that there was when a streaming list began.
constexpr char kInitialEventsEnd[] = "k8s.io/initial-events-end";

}  // namespace

Reflector::Reflector(Resource resource, bool streaming_lists, Random random, ObjectSink* sink,
                     WatchStatistics* statistics)
    : resource_(std::move(resource)),
      streaming_lists_(streaming_lists),
      random_(std::move(random)),
      backoff_(random_),
      sink_(sink),
      statistics_(statistics),
      phase_(streaming_lists ? Phase::kStream : Phase::kList) {}

ApiExchange::Step Reflector::next(Time now) {
  if (running_ && !unwanted_ && now >= deadline_) {
    unwanted_ = true;
    cut_off(absl::DeadlineExceededError("nothing was heard for too long"), now);
  }
  if (running_ && unwanted_) {
    running_ = false;
    return {.what = Step::What::kCancel};
  }
  if (running_) return {.what = Step::What::kWait, .until = deadline_};
  if (now < due_) return {.what = Step::What::kWait, .until = due_};
  begin(now);
  return {.what = Step::What::kStart, .request = make_request()};
}

void Reflector::begin(Time now) {
  running_ = true;
  unwanted_ = false;
  missing_ = false;
  started_ = now;
  deadline_ = now + kSilence;
  events_ = 0;
  if (is_watch() || continuation_.empty()) pieces_ = 0;
  head_.reset();
  splitter_.reset();
  error_body_.clear();
}

void Reflector::on_head(const ResponseHead& head, Time now) {
  if (unwanted_) return;
  head_ = head;
  statistics_->last_heard = now;
  set_deadline(now);
  if (head.status != 200) return;
  const std::optional<Encoding> encoding = encoding_of(head.content_type);
  if (!encoding.has_value()) {
    unwanted_ = true;
    fail(absl::StrCat("GET ", resource_.path, ": answered with content type \"",
                      printable(head.content_type), "\": is this a Kubernetes API server?"),
         now);
    return;
  }
  encoding_ = *encoding;
  splitter_ = is_watch() ? make_watch_splitter(encoding_) : make_list_splitter(encoding_);
  splitter_->on_too_large([this, now](absl::string_view begin) {
    ++pieces_;
    if (!unwanted_) take_unreadable(begin, "it is too large", now);
  });
  if (phase_ != Phase::kWatch && continuation_.empty()) sink_->begin_list();
  if (!is_watch()) return;
  ++statistics_->watches;
  statistics_->watching_since = now;
}

// Until its list is complete something has to come all the time; a watch may be silent to its end.
void Reflector::set_deadline(Time now) {
  const bool watching = phase_ == Phase::kWatch && head_.has_value() && head_->status == 200;
  deadline_ = watching ? started_ + lasts_ + kMargin : now + kSilence;
}

void Reflector::on_data(absl::string_view bytes, Time now) {
  if (unwanted_ || !head_.has_value()) return;
  statistics_->last_heard = now;
  if (splitter_ == nullptr) {
    const std::size_t room = kMaxErrorBody - std::min(kMaxErrorBody, error_body_.size());
    error_body_.append(bytes.data(), std::min(room, bytes.size()));
    return;
  }
  const absl::Status fed = splitter_->feed(bytes, [this, now](absl::string_view piece) {
    if (unwanted_) return;
    ++pieces_;
    if (is_watch()) {
      take_event(piece, now);
    } else {
      take_list_item(piece, now);
    }
  });
  if (!unwanted_) set_deadline(now);
  if (fed.ok() || unwanted_) return;
  unwanted_ = true;
  cut_off(fed, now);
}

void Reflector::take_list_item(absl::string_view piece, Time now) {
  absl::StatusOr<MessagePtr> object = decode_object(encoding_, piece, *resource_.prototype);
  if (!object.ok()) return take_unreadable(piece, object.status().message(), now);
  sink_->set(*std::move(object));
}

void Reflector::take_event(absl::string_view piece, Time now) {
  absl::StatusOr<WatchEvent> event =
      decode_event(encoding_, piece, resource_.type, *resource_.prototype);
  if (!event.ok()) return take_unreadable(piece, event.status().message(), now);
  const auto* status = dynamic_cast<const kubernetes::Status*>(event->object.get());
  if (event->type == "ERROR") {
    ++statistics_->errors;
    unwanted_ = true;
    refused(status == nullptr ? kubernetes::Status() : *status, now);
  } else if (event->object == nullptr || status != nullptr) {
    pass_over({},
              absl::StrCat("an event is about a ", event->object_type.kind, " in ",
                           event->object_type.api_version),
              now);
  } else if (event->type == "BOOKMARK") {
    take_bookmark(*event, now);
  } else {
    take_object(*std::move(event), now);
  }
}

// ADDED for what is there already sets it anew, MODIFIED for what is not adds it.
void Reflector::take_object(WatchEvent event, Time now) {
  const kubernetes::ObjectMeta& metadata = metadata_of(*event.object);
  if (metadata.name().empty()) return pass_over(metadata, "metadata.name: is not there", now);
  const bool added = event.type == "ADDED", modified = event.type == "MODIFIED";
  if (!added && !modified && event.type != "DELETED") {
    return pass_over(metadata, absl::StrCat("an event is of type ", event.type), now);
  }
  ++events_;
  at_once_ = 0;
  failing_since_.reset();
  if (phase_ == Phase::kWatch && !metadata.resource_version().empty()) {
    version_ = metadata.resource_version();
  }
  ++(added ? statistics_->added : modified ? statistics_->modified : statistics_->deleted);
  if (added || modified) {
    sink_->set(std::move(event.object));
  } else {
    sink_->erase(metadata);
  }
}

void Reflector::take_bookmark(const WatchEvent& event, Time now) {
  const kubernetes::ObjectMeta& metadata = metadata_of(*event.object);
  ++events_;
  ++statistics_->bookmarks;
  at_once_ = 0;
  failing_since_.reset();
  if (phase_ == Phase::kWatch) {
    if (!metadata.resource_version().empty()) version_ = metadata.resource_version();
    return;
  }
  const auto end = metadata.annotations().find(kInitialEventsEnd);
  if (end != metadata.annotations().end() && end->second == "true") {
    complete_list(metadata.resource_version(), now);
  }
}

void Reflector::on_end(const absl::Status& status, Time now) {
  if (!running_) return;
  running_ = false;
  if (unwanted_) return;
  statistics_->last_heard = now;
  if (head_.has_value() && splitter_ == nullptr) {
    kubernetes::Status error = decode_error(head_->status, head_->content_type, error_body_);
    if (head_->retry_after.has_value()) {
      error.mutable_details()->set_retry_after_seconds(
          static_cast<std::int32_t>(std::min<std::int64_t>(head_->retry_after->count(), 1 << 30)));
    }
    refused(error, now);
  } else if (!head_.has_value() || phase_ == Phase::kStream) {
    cut_off(status, now);
  } else if (phase_ == Phase::kList) {
    end_page(status, now);
  } else {
    end_watch(status, now);
  }
}

void Reflector::end_page(const absl::Status& status, Time now) {
  if (!status.ok()) return cut_off(status, now);
  if (absl::Status finished = splitter_->finish(); !finished.ok()) return cut_off(finished, now);
  const absl::StatusOr<ListHeader> header = decode_list_header(encoding_, *splitter_);
  if (!header.ok()) return cut_off(header.status(), now);
  if (header->type != TypeName{resource_.type.api_version, resource_.type.kind + "List"}) {
    return cut_off(absl::InvalidArgumentError(absl::StrCat(
                       "is a ", printable(header->type.kind), " in ",
                       printable(header->type.api_version), ": is this a Kubernetes API server?")),
                   now);
  }
  // Fewer items than asked for mean nothing, and neither does remainingItemCount.
  continuation_ = header->metadata.continue_();
  due_ = now;
  if (continuation_.empty()) complete_list(header->metadata.resource_version(), now);
}

void Reflector::complete_list(const std::string& version, Time now) {
  if (version.empty()) {
    unwanted_ = running_;
    if (phase_ == Phase::kStream) streaming_lists_ = false;
    start_list();
    return fail(absl::StrCat("a list of ", resource_.plural, " has no resourceVersion"), now);
  }
  version_ = version;
  version_lost_ = false;
  unpaged_ = false;
  phase_ = Phase::kWatch;
  due_ = now;
  statistics_->synced = true;
  ++statistics_->lists;
  sink_->end_list();
}

void Reflector::end_watch(const absl::Status& status, Time now) {
  const absl::Status finished = status.ok() ? splitter_->finish() : status;
  if (!finished.ok()) return cut_off(finished, now);
  statistics_->watching_since.reset();
  if (watched_well(now)) {
    at_once_ = 0;
    due_ = now;
  } else {
    fail(absl::StrCat("a watch of ", resource_.plural, " ended at once without an event"), now);
  }
}

bool Reflector::watched_well(Time now) const {
  return phase_ == Phase::kWatch && splitter_ != nullptr &&
         (events_ > 0 || now - started_ >= kShort);
}

}  // namespace portico
