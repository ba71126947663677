#include "controlplane/api/push_service.h"

#include "absl/strings/str_cat.h"
#include "controlplane/api/errors.h"
#include "google/protobuf/arena.h"
#include "spdlog/spdlog.h"

namespace portico {

grpc::Status PushService::enter(grpc::ServerContext* context) {
  absl::MutexLock lock(&mutex_);
  if (stopping_) return grpc::Status(grpc::StatusCode::UNAVAILABLE, "the gateway is stopping");
  if (streams_.size() >= max_streams_) {
    return grpc::Status(grpc::StatusCode::RESOURCE_EXHAUSTED,
                        absl::StrCat(max_streams_, " Push streams are open already"));
  }
  streams_.enter(context, [context] {
    spdlog::info("ending the stream from {}", context->peer());
    context->TryCancel();
  });
  return grpc::Status::OK;
}

void PushService::stop() {
  absl::MutexLock lock(&mutex_);
  stopping_ = true;
  streams_.end_all();
}

grpc::Status PushService::Push(
    grpc::ServerContext* context,
    grpc::ServerReaderWriter<v1::PushResponse, v1::PushRequest>* stream) {
  if (grpc::Status entered = enter(context); !entered.ok()) return entered;
  grpc::Status status = converse(context, stream);
  absl::MutexLock lock(&mutex_);
  streams_.leave(context);
  return status;
}

grpc::Status PushService::converse(
    grpc::ServerContext* context,
    grpc::ServerReaderWriter<v1::PushResponse, v1::PushRequest>* stream) {
  grpc::Status status;
  PushSession session(ledger_, limits_);
  // The many small parts of a request are made and freed at once.
  google::protobuf::Arena arena;
  const auto read = [&]() -> const v1::PushRequest* {
    arena.Reset();
    auto* request = google::protobuf::Arena::CreateMessage<v1::PushRequest>(&arena);
    return stream->Read(request) ? request : nullptr;
  };
  while (const v1::PushRequest* request = read()) {
    const auto response = session.handle(*request);
    if (!response.ok()) {
      status = to_grpc(response.status());
      break;
    }
    if (session.take_change()) {
      absl::MutexLock lock(&mutex_);
      streams_.note_change(context);
    }
    if (!*response) continue;
    if ((*response)->has_opened()) {
      spdlog::info("{} ({}) opened a stream from {}", session.source(),
                   request->open().user_agent(), context->peer());
      absl::MutexLock lock(&mutex_);
      streams_.open(context, session.source());
    }
    if (!stream->Write(**response)) break;
  }
  if (!session.source().empty()) {
    spdlog::info("the stream of {} from {} ended; what it set stays", session.source(),
                 context->peer());
  }
  return status;
}

}  // namespace portico
