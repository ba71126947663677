#include "tests/unit/controlplane/push/fake_gateway.h"

#include <chrono>
#include <utility>

#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server_builder.h"

namespace portico {
namespace {

constexpr std::chrono::seconds kLimit{60};

// "service NAME" and so on.
template <typename Object>
std::string key(const Object& object) {
  if (object.has_service()) {
    if constexpr (std::is_same_v<Object, v1::Set>) return "service " + object.service().name();
    if constexpr (std::is_same_v<Object, v1::Delete>) return "service " + object.service();
  }
  if (object.has_endpoint()) {
    return "endpoint " + object.endpoint().service() + " " + object.endpoint().name();
  }
  if constexpr (std::is_same_v<Object, v1::Set>) return "route " + object.route().prefix();
  if constexpr (std::is_same_v<Object, v1::Delete>) return "route " + object.route();
}

}  // namespace

int FakeGateway::start(const std::string& address) {
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort(address, grpc::InsecureServerCredentials(), &port);
  // Lets the tests' clients ask for signs of life as often as they like.
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 10);
  builder.RegisterService(this);
  stopping_ = false;
  server_ = builder.BuildAndStart();
  return port;
}

void FakeGateway::stop() {
  if (server_ == nullptr) return;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    condition_.notify_all();
  }
  server_->Shutdown(std::chrono::system_clock::now());
  server_->Wait();
  server_ = nullptr;
  const std::lock_guard lock(mutex_);
  accepted_.clear();
  synced_.clear();
}

void FakeGateway::refuse_service(const std::string& name) {
  const std::lock_guard lock(mutex_);
  refused_services_[name] = "service " + name;
}

void FakeGateway::refuse_as_a_whole(const std::string& name) {
  const std::lock_guard lock(mutex_);
  refused_services_[name] = "";
}

void FakeGateway::like_service(const std::string& name) {
  const std::lock_guard lock(mutex_);
  refused_services_.erase(name);
}

void FakeGateway::hold() {
  const std::lock_guard lock(mutex_);
  holding_ = true;
}

void FakeGateway::release() {
  const std::lock_guard lock(mutex_);
  holding_ = false;
  condition_.notify_all();
}

std::vector<std::string> FakeGateway::take_log() {
  const std::lock_guard lock(mutex_);
  return std::exchange(log_, {});
}

std::set<std::string> FakeGateway::objects() {
  const std::lock_guard lock(mutex_);
  std::set<std::string> keys;
  for (const auto& [name, object] : accepted_) keys.insert(name);
  return keys;
}

bool FakeGateway::wait_for_sync(std::uint64_t revision) {
  std::unique_lock lock(mutex_);
  return condition_.wait_for(lock, kLimit, [&] { return synced_.contains(revision); });
}

bool FakeGateway::wait_for_object(const std::string& key) {
  std::unique_lock lock(mutex_);
  return condition_.wait_for(lock, kLimit, [&] { return accepted_.contains(key); });
}

bool FakeGateway::wait_for_open_streams(int count) {
  std::unique_lock lock(mutex_);
  return condition_.wait_for(lock, kLimit, [&] { return streams_ == count; });
}

grpc::Status FakeGateway::Push(
    grpc::ServerContext*, grpc::ServerReaderWriter<v1::PushResponse, v1::PushRequest>* stream) {
  Objects candidate;
  {
    const std::lock_guard lock(mutex_);
    candidate = accepted_;
    ++streams_;
    condition_.notify_all();
  }
  v1::PushRequest request;
  while (stream->Read(&request)) {
    const std::optional<v1::PushResponse> response = take(request, &candidate);
    if (response.has_value() && !stream->Write(*response)) break;
  }
  const std::lock_guard lock(mutex_);
  --streams_;
  condition_.notify_all();
  return grpc::Status::OK;
}

std::optional<v1::PushResponse> FakeGateway::take(const v1::PushRequest& request,
                                                  Objects* candidate) {
  std::unique_lock lock(mutex_);
  switch (request.request_case()) {
    case v1::PushRequest::kOpen: {
      log_.push_back("open " + request.open().source());
      v1::PushResponse response;
      response.mutable_opened()->set_version("fake");
      return response;
    }
    case v1::PushRequest::kReset:
      log_.push_back("reset");
      candidate->clear();
      return std::nullopt;
    case v1::PushRequest::kSet:
      set(request.set(), candidate);
      return std::nullopt;
    case v1::PushRequest::kDelete:
      erase(request.delete_(), candidate);
      return std::nullopt;
    case v1::PushRequest::kChanges:
      for (const v1::Change& change : request.changes().changes()) {
        if (change.has_set()) set(change.set(), candidate);
        if (change.has_delete_()) erase(change.delete_(), candidate);
      }
      return std::nullopt;
    default:
      log_.push_back("sync " + std::to_string(request.sync().revision()));
      synced_.insert(request.sync().revision());
      condition_.notify_all();
      condition_.wait(lock, [&] { return !holding_ || stopping_; });
      return sync(request.sync().revision(), candidate);
  }
}

void FakeGateway::set(const v1::Set& set, Objects* candidate) {
  log_.push_back("set " + key(set));
  (*candidate)[key(set)] = set.SerializeAsString();
}

void FakeGateway::erase(const v1::Delete& erase, Objects* candidate) {
  log_.push_back("delete " + key(erase));
  candidate->erase(key(erase));
}

v1::PushResponse FakeGateway::sync(std::uint64_t revision, Objects* candidate) {
  v1::PushResponse response;
  for (const auto& [name, object] : refused_services_) {
    if (!candidate->contains("service " + name)) continue;
    v1::Refusal& refusal = *response.mutable_refusal();
    refusal.set_revision(revision);
    refusal.set_violation_count(1);
    v1::Violation& violation = *refusal.add_violations();
    violation.set_object(object);
    violation.set_field("ports[0].port");
    violation.set_message("is not liked");
    *candidate = accepted_;
    return response;
  }
  accepted_ = *candidate;
  condition_.notify_all();
  response.mutable_acknowledgement()->set_revision(revision);
  return response;
}

}  // namespace portico
