#include "controlplane/api/push_service.h"

#include "absl/strings/str_cat.h"
#include "controlplane/api/errors.h"
#include "spdlog/spdlog.h"

namespace portico {

grpc::Status PushService::enter(grpc::ServerContext* context) {
  absl::MutexLock lock(&mutex_);
  if (stopping_) return grpc::Status(grpc::StatusCode::UNAVAILABLE, "the gateway is stopping");
  if (streams_.size() >= max_streams_) {
    return grpc::Status(grpc::StatusCode::RESOURCE_EXHAUSTED,
                        absl::StrCat(max_streams_, " Push streams are open already"));
  }
  streams_[context] = {};
  return grpc::Status::OK;
}

void PushService::open(grpc::ServerContext* context, const std::string& source) {
  absl::MutexLock lock(&mutex_);
  streams_[context].source = source;
}

void PushService::leave(grpc::ServerContext* context, bool has_changed) {
  absl::MutexLock lock(&mutex_);
  const Stream gone = streams_[context];
  streams_.erase(context);
  if (!has_changed || gone.is_ended) return;
  for (auto& [other, stream] : streams_) {
    if (stream.source != gone.source || stream.is_ended) continue;
    spdlog::info("another stream of {} ended: the one from {} is to begin anew", gone.source,
                 other->peer());
    stream.is_ended = true;
    other->TryCancel();
  }
}

void PushService::stop() {
  absl::MutexLock lock(&mutex_);
  stopping_ = true;
  for (auto& [context, stream] : streams_) {
    stream.is_ended = true;
    context->TryCancel();
  }
}

grpc::Status PushService::Push(
    grpc::ServerContext* context,
    grpc::ServerReaderWriter<v1::PushResponse, v1::PushRequest>* stream) {
  if (grpc::Status entered = enter(context); !entered.ok()) return entered;
  grpc::Status status;
  bool has_changed = false;
  {
    PushSession session(ledger_, limits_);
    v1::PushRequest request;
    while (status.ok() && stream->Read(&request)) {
      const auto response = session.handle(request);
      if (!response.ok()) {
        status = to_grpc(response.status());
      } else if (*response) {
        if ((*response)->has_opened()) {
          open(context, session.source());
          spdlog::info("{} ({}) opened a stream from {}", session.source(),
                       request.open().user_agent(), context->peer());
        }
        if (!stream->Write(**response)) break;
      }
    }
    has_changed = session.has_changed();
    if (!session.source().empty()) {
      spdlog::info("the stream of {} ended; what it set stays", session.source());
    }
  }
  leave(context, has_changed);
  return status;
}

}  // namespace portico
