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
  streams_.insert(context);
  return grpc::Status::OK;
}

void PushService::leave(grpc::ServerContext* context) {
  absl::MutexLock lock(&mutex_);
  streams_.erase(context);
}

void PushService::stop() {
  absl::MutexLock lock(&mutex_);
  stopping_ = true;
  for (grpc::ServerContext* context : streams_) context->TryCancel();
}

grpc::Status PushService::Push(
    grpc::ServerContext* context,
    grpc::ServerReaderWriter<v1::PushResponse, v1::PushRequest>* stream) {
  if (grpc::Status entered = enter(context); !entered.ok()) return entered;
  grpc::Status status;
  {
    PushSession session(ledger_, limits_);
    v1::PushRequest request;
    while (status.ok() && stream->Read(&request)) {
      const auto response = session.handle(request);
      if (!response.ok()) {
        status = to_grpc(response.status());
      } else if (*response) {
        if ((*response)->has_opened()) {
          spdlog::info("{} ({}) opened a stream from {}", session.source(),
                       request.open().user_agent(), context->peer());
        }
        if (!stream->Write(**response)) break;
      }
    }
    if (!session.source().empty()) {
      spdlog::info("the stream of {} ended; what it set stays", session.source());
    }
  }
  leave(context);
  return status;
}

}  // namespace portico
