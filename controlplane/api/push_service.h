#pragma once

// The Push service on the wire: reads a stream, feeds a PushSession, writes its answers.

#include <cstddef>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_set.h"
#include "absl/synchronization/mutex.h"
#include "controlplane/api/push_session.h"
#include "proto/portico/v1/push.grpc.pb.h"

namespace portico {

class PushService final : public v1::Push::Service {
 public:
  // Each stream has a thread of the server; more than `max_streams` are refused.
  PushService(Ledger& ledger, PushLimits limits, std::size_t max_streams)
      : ledger_(ledger), limits_(limits), max_streams_(max_streams) {}

  grpc::Status Push(grpc::ServerContext* context,
                    grpc::ServerReaderWriter<v1::PushResponse, v1::PushRequest>* stream) override;

  // Ends the streams that are open, and refuses new ones: a stream has no end of its own, and the
  // server could not shut down before its deadline.
  void stop();

 private:
  grpc::Status enter(grpc::ServerContext* context);
  void leave(grpc::ServerContext* context);

  Ledger& ledger_;
  const PushLimits limits_;
  const std::size_t max_streams_;
  absl::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  absl::flat_hash_set<grpc::ServerContext*> streams_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace portico
