#pragma once

// The Push service as its .proto describes it, without tables: it keeps what was pushed, and writes
// down what it was told.

#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "grpcpp/server.h"
#include "proto/portico/v1/push.grpc.pb.h"

namespace portico {

class FakeGateway : public v1::Push::Service {
 public:
  ~FakeGateway() override { stop(); }

  // Listens at "unix:/path" or "127.0.0.1:0"; returns the port of the latter.
  int start(const std::string& address);
  // Ends all streams. What was accepted is forgotten, as by a gateway without a state file.
  void stop();

  // A Sync while a Service of this name is set is refused, and that Service named.
  void refuse_service(const std::string& name);
  // The same, but the refusal names no object.
  void refuse_as_a_whole(const std::string& name);
  void like_service(const std::string& name);
  // Answers no Sync until release() is called.
  void hold();
  void release();

  // What it was told since the last call: "open SOURCE", "reset", "set service NAME",
  // "set endpoint SERVICE NAME", "delete route PREFIX", "sync 3".
  std::vector<std::string> take_log();
  // The keys of what is accepted: "service NAME", "endpoint SERVICE NAME", "route PREFIX".
  std::set<std::string> objects();
  // Waits for it, a minute at most. Whether it came.
  bool wait_for_sync(std::uint64_t revision);
  bool wait_for_open_streams(int count);
  bool wait_for_object(const std::string& key);

 private:
  using Objects = std::map<std::string, std::string>;  // key to encoded object

  grpc::Status Push(grpc::ServerContext* context,
                    grpc::ServerReaderWriter<v1::PushResponse, v1::PushRequest>* stream) override;
  // The answer to a request, if it gets one.
  std::optional<v1::PushResponse> take(const v1::PushRequest& request, Objects* candidate);
  void set(const v1::Set& set, Objects* candidate);
  void erase(const v1::Delete& erase, Objects* candidate);
  v1::PushResponse sync(std::uint64_t revision, Objects* candidate);

  std::mutex mutex_;
  std::condition_variable condition_;
  std::unique_ptr<grpc::Server> server_;
  Objects accepted_;
  std::vector<std::string> log_;
  std::map<std::string, std::string> refused_services_;  // what the refusal names, by name
  std::set<std::uint64_t> synced_;
  int streams_ = 0;
  bool holding_ = false;
  bool stopping_ = false;
};

}  // namespace portico
