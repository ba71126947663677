#include "controlplane/push/push_stream.h"

#include <utility>

namespace portico {

PushStream::~PushStream() {
  if (!reader_.joinable()) return;
  cancel();
  finish();
}

void PushStream::begin(const std::shared_ptr<grpc::Channel>& channel) {
  stub_ = v1::Push::NewStub(channel);
  stream_ = stub_->Push(&context_);
  reader_ = std::thread([this] { read(); });
}

bool PushStream::write(const v1::PushRequest& request, bool more_follows) {
  grpc::WriteOptions options;
  if (more_follows) options.set_buffer_hint();
  return stream_->Write(request, options);
}

std::optional<v1::PushResponse> PushStream::take_response() {
  if (responses_.empty()) return std::nullopt;
  v1::PushResponse response = std::move(responses_.front());
  responses_.pop_front();
  return response;
}

grpc::Status PushStream::finish() {
  reader_.join();
  return stream_->Finish();
}

void PushStream::read() {
  v1::PushResponse response;
  while (stream_->Read(&response)) {
    const std::lock_guard lock(*mutex_);
    responses_.push_back(std::move(response));
    condition_->notify_all();
  }
  const std::lock_guard lock(*mutex_);
  over_ = true;
  condition_->notify_all();
}

}  // namespace portico
