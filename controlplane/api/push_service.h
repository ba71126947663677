#pragma once

// The Push service on the wire: reads a stream, feeds a PushSession, writes its answers.

#include <cstddef>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "controlplane/api/push_session.h"
#include "controlplane/api/push_streams.h"
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
  // The conversation, until one of the two ends it.
  grpc::Status converse(grpc::ServerContext* context,
                        grpc::ServerReaderWriter<v1::PushResponse, v1::PushRequest>* stream);

  Ledger& ledger_;
  const PushLimits limits_;
  const std::size_t max_streams_;
  absl::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  PushStreams streams_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace portico
