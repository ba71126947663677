#include "controlplane/watch/discovery.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "controlplane/watch/decode.h"
#include "controlplane/yaml/printable.h"
#include "proto/kubernetes/meta.pb.h"

namespace portico {

ApiExchange::Step Discovery::next(Time now) {
  if (found_.has_value()) return {.what = Step::What::kWait, .until = Time::max()};
  if (running_ && now >= deadline_) {
    running_ = false;
    fail("nothing was heard for too long", now);
    return {.what = Step::What::kCancel};
  }
  if (running_) return {.what = Step::What::kWait, .until = deadline_};
  if (now < due_) return {.what = Step::What::kWait, .until = due_};
  running_ = true;
  deadline_ = now + kSilence;
  head_.reset();
  body_.clear();
  return {.what = Step::What::kStart, .request = {target(), "application/json"}};
}

void Discovery::on_head(const ResponseHead& head, Time now) {
  head_ = head;
  deadline_ = now + kSilence;
}

void Discovery::on_data(absl::string_view bytes, Time now) {
  body_.append(bytes.data(), std::min(bytes.size(), kMaxBody - body_.size()));
  deadline_ = now + kSilence;
}

void Discovery::on_end(const absl::Status& status, Time now) {
  if (!running_) return;
  running_ = false;
  if (!status.ok() || !head_.has_value()) return fail(std::string(status.message()), now);
  if (head_->status == 404 && !asks_core_) {
    asks_core_ = true;
    due_ = now;
  } else if (head_->status != 200) {
    const kubernetes::Status error = decode_error(head_->status, head_->content_type, body_);
    const bool refused = head_->status == 401 || head_->status == 403;
    fail(absl::StrCat(head_->status, ": ", printable(error.message()),
                      refused ? "; the credentials need the ClusterRole system:discovery"
                      : head_->status == 404 ? ": this is no Kubernetes API server"
                                             : ""),
         now, head_->retry_after);
  } else if (asks_core_) {
    read_core_versions(now);
  } else {
    read_groups(now);
  }
}

void Discovery::read_groups(Time now) {
  kubernetes::APIGroup group;
  const absl::Status read = decode_body(head_->content_type, body_, {"v1", "APIGroup"}, &group);
  if (!read.ok()) {
    return fail(absl::StrCat("the answer ", read.message(), ": this is no Kubernetes API server"),
                now);
  }
  const auto has = [&group](absl::string_view version) {
    return std::any_of(group.versions().begin(), group.versions().end(),
                       [version](const auto& v) { return version == v.version(); });
  };
  if (has("v1")) {
    found_ = EndpointApi::kSlicesV1;
  } else if (has("v1beta1")) {
    found_ = EndpointApi::kSlicesV1beta1;
  } else {
    asks_core_ = true;  // versions that we don't know, or alpha
    due_ = now;
  }
}

void Discovery::read_core_versions(Time now) {
  kubernetes::APIVersions versions;
  // The one answer that does not say of which version it is.
  const absl::Status read = decode_body(head_->content_type, body_, {"", "APIVersions"}, &versions);
  const auto& names = versions.versions();
  if (read.ok() && std::find(names.begin(), names.end(), "v1") != names.end()) {
    found_ = EndpointApi::kEndpoints;
    return;
  }
  fail(absl::StrCat(read.ok() ? "the answer does not name v1" : "the answer ", read.message(),
                    ": this is no Kubernetes API server"),
       now);
}

void Discovery::forget(Time now) {
  found_.reset();
  asks_core_ = false;
  due_ = backoff_.after_failure(now);
}

// The core API is asked for only when the group was not there a moment ago.
void Discovery::fail(const std::string& text, Time now,
                     std::optional<std::chrono::seconds> retry_after) {
  fault_ = absl::StrCat("GET ", target(), ": ", printable(text));
  asks_core_ = false;
  due_ = backoff_.after_failure(now, retry_after);
}

std::optional<std::string> Discovery::take_fault() {
  return std::exchange(fault_, std::nullopt);
}

}  // namespace portico
