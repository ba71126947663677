#pragma once

// One conversation with one gateway: a stream of the Push service.

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "grpcpp/channel.h"
#include "grpcpp/client_context.h"
#include "grpcpp/support/status.h"
#include "proto/portico/v1/push.grpc.pb.h"

namespace portico {

// # Theory of operation
//
// The owner writes and waits; a thread of the stream's own reads, so that the end of the stream is
// noticed at once even while there is nothing to say. Everybody who waits, waits on one condition
// variable and mutex that the owner provides, so that the owner can wait for the stream and for its
// own affairs at the same time.
//
// A write blocks while the peer doesn't take what was written before. cancel() ends that, but not
// when the kernel's buffers are full too, for gRPC waits until these are written: then it is the
// keepalive that ends it (channel.h).
class PushStream {
 public:
  // `mutex` and `condition` must outlive the stream.
  PushStream(std::mutex* mutex, std::condition_variable* condition)
      : mutex_(mutex), condition_(condition) {}
  // Ends the call if it is still open.
  ~PushStream();

  // Begins the call, once and before all else but cancel(). Returns when the gateway has been
  // reached, or not: then the stream is over. Called without the mutex.
  void begin(const std::shared_ptr<grpc::Channel>& channel);
  // False: the stream is over. Called without the mutex.
  bool write(const v1::PushRequest& request, bool more_follows);
  // Nothing more will be written; the gateway then ends the stream. Called without the mutex.
  void end() { stream_->WritesDone(); }
  // The answer that came first and was not taken yet. Called with the mutex.
  std::optional<v1::PushResponse> take_response();
  // No further response will come. Called with the mutex.
  bool over() const { return over_; }
  // Why it is over; once, after over(), and called without the mutex.
  grpc::Status finish();
  // From any thread.
  void cancel() { context_.TryCancel(); }

 private:
  void read();

  grpc::ClientContext context_;
  std::unique_ptr<v1::Push::Stub> stub_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::PushRequest, v1::PushResponse>> stream_;
  std::mutex* const mutex_;
  std::condition_variable* const condition_;
  std::deque<v1::PushResponse> responses_;  // guarded by *mutex_
  bool over_ = false;                       // guarded by *mutex_
  std::thread reader_;
};

}  // namespace portico
