#pragma once

// The Push service on the wire: reads a stream, feeds a PushSession, writes its answers.

#include <cstddef>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "controlplane/api/push_session.h"
#include "proto/portico/v1/push.grpc.pb.h"

namespace portico {

// # Theory of operation
//
// Several controllers of one source may see its cluster at different times. Each sends what differs
// from what it saw before, so that what the source has is the cluster's state once all of them have
// caught up, whichever of them spoke last. Not so when one that lags behind ends before it has:
// what it set would stay. So when a stream ends that has changed anything, the others of its source
// are ended too; their clients begin anew, and send everything (docs/api.md). A stream that is
// ended so ends no other.
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
  struct Stream {
    std::string source;  // empty before Open
    bool is_ended = false;
  };

  grpc::Status enter(grpc::ServerContext* context);
  void open(grpc::ServerContext* context, const std::string& source);
  // `has_changed`: what the stream's source has.
  void leave(grpc::ServerContext* context, bool has_changed);

  Ledger& ledger_;
  const PushLimits limits_;
  const std::size_t max_streams_;
  absl::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  absl::flat_hash_map<grpc::ServerContext*, Stream> streams_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace portico
