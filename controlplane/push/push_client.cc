#include "controlplane/push/push_client.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "controlplane/push/difference.h"
#include "spdlog/spdlog.h"

namespace portico {
namespace {

// How long stop() waits for the gateway to end the stream before it breaks it off.
constexpr std::chrono::milliseconds kParting{300};

// How many causes are kept for a gateway that is away or slow.
constexpr std::size_t kMaxTriggers = 10'000;

// A gateway names at most 100 objects at a time. One that has more to say of a revision is at odds
// with all of it.
constexpr int kMaxRounds = 10;
constexpr std::uint32_t kMaxViolations = 1000;

}  // namespace

PushClient::PushClient(PushOptions options)
    : options_(std::move(options)), retry_delay_(retry_delay_for(options_.target)) {}

void PushClient::start() {
  thread_ = std::thread([this] { run(); });
}

void PushClient::stop() {
  if (!thread_.joinable()) return;
  {
    Lock lock(mutex_);
    stopping_ = true;
    condition_.notify_all();
    const bool parted = condition_.wait_for(lock, kParting, [this] { return ended_; });
    if (!parted && stream_ != nullptr) stream_->cancel();
  }
  thread_.join();
}

void PushClient::push(Revision revision) {
  const Lock lock(mutex_);
  const bool is_skipped = wanted_.has_value() && wanted_->number != sent_;
  if (is_skipped) {
    revision.changed_at = std::min(revision.changed_at, wanted_->changed_at);
    std::vector<absl::Time>& all = wanted_->triggers;
    const std::size_t room = kMaxTriggers - std::min(kMaxTriggers, all.size());
    revision.triggers.resize(std::min(room, revision.triggers.size()));
    all.insert(all.end(), revision.triggers.begin(), revision.triggers.end());
    revision.triggers = std::move(all);
  }
  wanted_ = std::move(revision);
  condition_.notify_all();
}

bool PushClient::wait_for(std::uint64_t number) {
  Lock lock(mutex_);
  condition_.wait(lock, [&] { return answered_ >= number || stopping_ || released_; });
  return answered_ >= number && accepted_;
}

void PushClient::release() {
  const Lock lock(mutex_);
  released_ = true;
  condition_.notify_all();
}

void PushClient::run() {
  while (true) {
    const grpc::Status status = converse();
    {
      const Lock lock(mutex_);
      if (stopping_) break;
    }
    if (std::exchange(connected_, false) && options_.observer != nullptr) {
      options_.observer->on_disconnected();
    }
    tell_lost(status);
    sleep(retry_delay_.next());
  }
  const Lock lock(mutex_);
  ended_ = true;
  condition_.notify_all();
}

void PushClient::sleep(std::chrono::milliseconds time) {
  Lock lock(mutex_);
  condition_.wait_for(lock, time, [this] { return stopping_; });
}

grpc::Status PushClient::converse() {
  acknowledged_.reset();
  left_out_ = {};
  const auto channel = connect(options_.target, options_.keepalive, options_.tls);
  if (!channel.ok()) {
    return {grpc::StatusCode::UNAVAILABLE, std::string(channel.status().message())};
  }
  PushStream stream(&mutex_, &condition_);
  Lock lock(mutex_);
  sent_ = 0;
  if (stopping_) return grpc::Status::CANCELLED;
  stream_ = &stream;
  lock.unlock();
  stream.begin(*channel);
  lock.lock();
  if (open(&stream, &lock)) keep_up(&stream, &lock);
  // What is over need not be ended; what isn't, is when the client is stopped.
  if (!stream.over()) {
    lock.unlock();
    stream.end();
    lock.lock();
    condition_.wait_for(lock, kParting, [&] { return stream.over(); });
    stream.cancel();
  }
  stream_ = nullptr;
  lock.unlock();
  return stream.finish();
}

bool PushClient::open(PushStream* stream, Lock* lock) {
  v1::PushRequest request;
  request.mutable_open()->set_source(options_.source);
  request.mutable_open()->set_user_agent(options_.user_agent);
  lock->unlock();
  const bool written = stream->write(request, false);
  lock->lock();
  if (!written) {
    // The reason comes with the end of the stream.
    condition_.wait(*lock, [&] { return stream->over(); });
    return false;
  }
  const std::optional<v1::PushResponse> response = next_response(stream, lock);
  if (!response.has_value()) return false;
  spdlog::info("{}: connected, porticod {}", options_.target, response->opened().version());
  last_trouble_.clear();
  connected_ = true;
  if (options_.observer != nullptr) options_.observer->on_connected();
  return true;
}

std::optional<v1::PushResponse> PushClient::next_response(PushStream* stream, Lock* lock) {
  std::optional<v1::PushResponse> response;
  condition_.wait(*lock, [&] {
    response = stream->take_response();
    return response.has_value() || stream->over() || stopping_;
  });
  return response;
}

bool PushClient::wait_for_work(PushStream* stream, Lock* lock) {
  const auto is_there = [&] {
    return stopping_ || stream->over() || (wanted_.has_value() && wanted_->number != sent_);
  };
  if (left_out_.empty()) {
    condition_.wait(*lock, is_there);
  } else {
    const bool is_new = condition_.wait_until(*lock, try_again_at_, is_there);
    const auto now = std::chrono::steady_clock::now();
    if (now >= try_again_at_) left_out_ = {};
    // How long that took tells nothing of how long a change takes.
    if (!is_new) wanted_->changed_at = now;
  }
  return !stopping_ && !stream->over();
}

void PushClient::keep_up(PushStream* stream, Lock* lock) {
  while (wait_for_work(stream, lock)) {
    const Revision revision = *wanted_;
    wanted_->triggers.clear();
    sent_ = revision.number;
    if (!bring(stream, revision, lock)) return;
    answered_ = revision.number;
    accepted_ = !refused_ && left_out_.empty();
    condition_.notify_all();
  }
}

bool PushClient::bring(PushStream* stream, const Revision& revision, Lock* lock) {
  const LeftOut before = left_out_;
  rounds_ = 0;
  refused_ = false;
  for (bool is_settled = false; !is_settled;) {
    const DesiredState state = left_out_.apply(revision.state);
    lock->unlock();
    const Sent sent = send(stream, revision.number, state);
    lock->lock();
    if (sent == Sent::kStreamOver) {
      condition_.wait(*lock, [&] { return stream->over(); });
      return false;
    }
    if (sent == Sent::kNothingToSend) {
      if (options_.observer != nullptr) options_.observer->on_nothing_to_send(revision);
      break;
    }
    const std::optional<v1::PushResponse> response = next_response(stream, lock);
    if (!response.has_value()) return false;
    is_settled = settle(revision, state, *response);
  }
  if (refused_) left_out_ = before;
  // From the first of them on, so that no change puts it off.
  if (before.empty()) try_again_at_ = std::chrono::steady_clock::now() + options_.try_again;
  tell_taken();
  if (options_.observer != nullptr) options_.observer->on_left_out(left_out_.size());
  return true;
}

PushClient::Sent PushClient::send(PushStream* stream, std::uint64_t number,
                                  const DesiredState& state) {
  if (!send_objects(stream, state)) return Sent::kStreamOver;
  if (!resync_ && changes_sent_ == 0) return Sent::kNothingToSend;
  v1::PushRequest sync;
  sync.mutable_sync()->set_revision(number);
  return stream->write(sync, false) ? Sent::kYes : Sent::kStreamOver;
}

bool PushClient::send_objects(PushStream* stream, const DesiredState& state) {
  changes_sent_ = 0;
  resync_ = !acknowledged_.has_value();
  const auto emit = [&](const v1::PushRequest& request) {
    changes_sent_ += static_cast<std::size_t>(request.changes().changes_size());
    return stream->write(request, true);
  };
  return resync_ ? everything(state, emit) : difference(*acknowledged_, state, emit);
}

bool PushClient::settle(const Revision& revision, const DesiredState& state,
                        const v1::PushResponse& response) {
  retry_delay_.reset();
  if (response.has_acknowledgement()) {
    acknowledged_ = state;
    if (options_.observer != nullptr) options_.observer->on_acknowledged(revision, resync_);
    tell_acknowledged(revision, response.acknowledgement());
    return true;
  }
  const v1::Refusal& refusal = response.refusal();
  if (options_.observer != nullptr) options_.observer->on_refused(revision, refusal);
  const bool is_hopeless = rounds_ == kMaxRounds || refusal.violation_count() > kMaxViolations;
  if (!is_hopeless && left_out_.add(refusal, state)) {
    ++rounds_;
    tell_left_out(refusal);
    return false;
  }
  refused_ = true;
  tell_refused(refusal);
  return true;
}

}  // namespace portico
