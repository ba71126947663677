#include "controlplane/api/push_session.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "controlplane/api/convert.h"
#include "controlplane/api/ledger.h"
#include "include/portico/quote.h"
#include "spdlog/spdlog.h"

namespace portico {
namespace {

using Response = std::optional<v1::PushResponse>;

bool is_source_name(const std::string& name) {
  return !name.empty() && name.size() <= 63 && std::all_of(name.begin(), name.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return absl::ascii_islower(byte) || absl::ascii_isdigit(byte) || c == '-';
  });
}

}  // namespace

PushSession::PushSession(Ledger& ledger, PushLimits limits) : ledger_(ledger), limits_(limits) {}

PushSession::~PushSession() {
  if (!source_.empty()) ledger_.close(source_);
}

absl::StatusOr<Response> PushSession::handle(const v1::PushRequest& request) {
  if (source_.empty() != request.has_open()) {
    return absl::InvalidArgumentError(request.has_open()
                                          ? "open: only the first request may be Open"
                                          : "the first request must be Open");
  }
  absl::Status collected;
  switch (request.request_case()) {
    case v1::PushRequest::kOpen:
      return open(request.open());
    case v1::PushRequest::kReset:
      pending_.reset();
      pending_bytes_ = 0;
      break;
    case v1::PushRequest::kSet:
      collected = set(request.set());
      break;
    case v1::PushRequest::kDelete:
      collected = erase(request.delete_());
      break;
    case v1::PushRequest::kChanges:
      collected = change(request.changes());
      break;
    case v1::PushRequest::kSync:
      return sync(request.sync().revision());
    case v1::PushRequest::REQUEST_NOT_SET:
      collected = absl::InvalidArgumentError("the request is empty or of a kind unknown here");
      break;
  }
  if (collected.ok()) collected = check_limits(request.ByteSizeLong());
  if (!collected.ok()) return collected;
  return std::nullopt;
}

absl::StatusOr<Response> PushSession::open(const v1::Open& open) {
  if (!is_source_name(open.source())) {
    return absl::InvalidArgumentError(
        absl::StrCat("open.source: ", quote(open.source()),
                     " must be 1 to 63 characters of a-z, 0-9 and \"-\""));
  }
  source_ = open.source();
  v1::PushResponse response;
  response.mutable_opened()->set_version(PORTICO_VERSION);
  if (const auto revision = ledger_.open(source_, open.user_agent())) {
    response.mutable_opened()->set_revision(*revision);
  }
  return response;
}

absl::Status PushSession::change(const v1::Changes& changes) {
  for (int i = 0; i < changes.changes_size(); ++i) {
    const v1::Change& change = changes.changes(i);
    if (change.change_case() == v1::Change::CHANGE_NOT_SET) {
      return absl::InvalidArgumentError(
          absl::StrCat("changes[", i, "]: the change is empty or of a kind unknown here"));
    }
    const absl::Status made = change.has_set() ? set(change.set()) : erase(change.delete_());
    if (!made.ok()) {
      return absl::InvalidArgumentError(absl::StrCat("changes[", i, "].", made.message()));
    }
  }
  return absl::OkStatus();
}

absl::Status PushSession::set(const v1::Set& set) {
  switch (set.object_case()) {
    case v1::Set::kService:
      pending_.set(from_proto(set.service()));
      return absl::OkStatus();
    case v1::Set::kEndpoint:
      pending_.set(from_proto(set.endpoint()));
      return absl::OkStatus();
    case v1::Set::kRoute:
      pending_.set(from_proto(set.route()));
      return absl::OkStatus();
    case v1::Set::OBJECT_NOT_SET:
      break;
  }
  return absl::InvalidArgumentError("set: the object is missing or of a kind unknown here");
}

absl::Status PushSession::erase(const v1::Delete& erase) {
  switch (erase.object_case()) {
    case v1::Delete::kService:
      pending_.erase_service(erase.service());
      return absl::OkStatus();
    case v1::Delete::kEndpoint:
      pending_.erase_endpoint(erase.endpoint().service(), erase.endpoint().name());
      return absl::OkStatus();
    case v1::Delete::kRoute:
      pending_.erase_route(erase.route());
      return absl::OkStatus();
    case v1::Delete::OBJECT_NOT_SET:
      break;
  }
  return absl::InvalidArgumentError("delete: the object is missing or of a kind unknown here");
}

v1::PushResponse PushSession::sync(std::uint64_t revision) {
  const auto begin = std::chrono::steady_clock::now();
  const store::Pending pending = std::exchange(pending_, store::Pending());
  pending_bytes_ = 0;
  const AcceptResult result = ledger_.accept(source_, pending, revision);
  has_changed_ = has_changed_ || result.changed;
  v1::PushResponse response;
  if (!result.ok()) {
    *response.mutable_refusal() = to_refusal(result, revision);
    const v1::Violation& first = response.refusal().violations(0);
    spdlog::warn("refused revision {} of {}: {} violations, the first: {} {} {}", revision, source_,
                 response.refusal().violation_count(), first.object(), first.field(),
                 first.message());
    return response;
  }
  const auto latency = std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::steady_clock::now() - begin);
  response.mutable_acknowledgement()->set_revision(revision);
  response.mutable_acknowledgement()->set_latency_us(static_cast<std::uint64_t>(latency.count()));
  return response;
}

absl::Status PushSession::check_limits(std::size_t bytes) {
  pending_bytes_ += bytes;
  if (pending_.size() <= limits_.pending_objects && pending_bytes_ <= limits_.pending_bytes) {
    return absl::OkStatus();
  }
  return absl::ResourceExhaustedError(absl::StrCat("more than ", limits_.pending_objects,
                                                   " objects or ", limits_.pending_bytes,
                                                   " bytes were sent without a Sync"));
}

}  // namespace portico
