#pragma once

// A control plane on a UNIX socket of its own, over a data plane of maps, and clients for it.

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "controlplane/api/control_plane.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"
#include "proto/portico/v1/gateway.grpc.pb.h"
#include "proto/portico/v1/push.grpc.pb.h"
#include "tests/support/fake_data_plane.h"

namespace portico {

inline v1::PushRequest open_as(const std::string& source) {
  v1::PushRequest request;
  request.mutable_open()->set_source(source);
  request.mutable_open()->set_user_agent("test/1");
  return request;
}

inline v1::PushRequest reset() {
  v1::PushRequest request;
  request.mutable_reset();
  return request;
}

inline v1::PushRequest sync(std::uint64_t revision) {
  v1::PushRequest request;
  request.mutable_sync()->set_revision(revision);
  return request;
}

inline v1::PushRequest set_service(const std::string& name, const std::string& address,
                                   std::uint32_t port = 80) {
  v1::PushRequest request;
  v1::Service& service = *request.mutable_set()->mutable_service();
  service.set_name(name);
  service.add_addresses()->set_address(address);
  v1::ServicePort& made = *service.add_ports();
  made.set_name("http");
  made.set_protocol(v1::PROTOCOL_TCP);
  made.set_port(port);
  return request;
}

inline v1::PushRequest set_endpoint(const std::string& service, const std::string& name,
                                    const std::string& address) {
  v1::PushRequest request;
  v1::Endpoint& endpoint = *request.mutable_set()->mutable_endpoint();
  endpoint.set_service(service);
  endpoint.set_name(name);
  endpoint.set_address(address);
  v1::EndpointPort& port = *endpoint.add_ports();
  port.set_name("http");
  port.set_port(8080);
  return request;
}

inline v1::PushRequest set_route(const std::string& prefix, const std::string& gateway) {
  v1::PushRequest request;
  v1::Route& route = *request.mutable_set()->mutable_route();
  route.set_prefix(prefix);
  route.set_gateway(gateway);
  return request;
}

inline v1::PushRequest delete_endpoint(const std::string& service, const std::string& name) {
  v1::PushRequest request;
  v1::EndpointKey& key = *request.mutable_delete_()->mutable_endpoint();
  key.set_service(service);
  key.set_name(name);
  return request;
}

// Many a set and delete in one request.
inline v1::PushRequest changes(const std::vector<v1::PushRequest>& requests) {
  v1::PushRequest all;
  all.mutable_changes();
  for (const v1::PushRequest& request : requests) {
    v1::Change& change = *all.mutable_changes()->add_changes();
    if (request.has_set()) *change.mutable_set() = request.set();
    if (request.has_delete_()) *change.mutable_delete_() = request.delete_();
  }
  return all;
}

// One Push stream.
class PushClient {
 public:
  explicit PushClient(const std::shared_ptr<grpc::Channel>& channel)
      : stub_(v1::Push::NewStub(channel)), stream_(stub_->Push(&context_)) {}
  ~PushClient() {
    if (stream_) finish();
  }

  template <typename... Requests>
  PushClient& send(const Requests&... requests) {
    (stream_->Write(requests), ...);
    return *this;
  }
  // The next answer; an empty one when the stream has ended.
  v1::PushResponse receive() {
    v1::PushResponse response;
    if (!stream_->Read(&response)) response.Clear();
    return response;
  }
  template <typename... Requests>
  v1::PushResponse ask(const Requests&... requests) {
    return send(requests...).receive();
  }
  grpc::Status finish() {
    stream_->WritesDone();
    v1::PushResponse rest;
    while (stream_->Read(&rest)) {
    }
    return std::exchange(stream_, nullptr)->Finish();
  }

 private:
  grpc::ClientContext context_;
  std::unique_ptr<v1::Push::Stub> stub_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::PushRequest, v1::PushResponse>> stream_;
};

class ApiTest : public ::testing::Test {
 protected:
  ApiTest() {
    std::string pattern = std::filesystem::temp_directory_path() / "portico-api-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
    options_.api.socket = folder_ + "/run/porticod.sock";
    options_.state_directory = folder_ + "/state";
    options_.facts.addresses = {IpAddress::parse("10.20.0.1").value()};
    options_.state_interval = std::chrono::milliseconds(1);
    options_.shutdown_grace = std::chrono::milliseconds(500);
  }
  ~ApiTest() override {
    control_.reset();
    std::filesystem::remove_all(folder_);
  }

  void start() {
    control_ = std::make_unique<ControlPlane>(data_plane_, options_);
    control_->restore();
    const absl::Status status = control_->serve();
    ASSERT_TRUE(status.ok()) << status;
    channel_ = grpc::CreateCustomChannel("unix:" + options_.api.socket,
                                         grpc::InsecureChannelCredentials(), own_connection());
    gateway_ = v1::Gateway::NewStub(channel_);
  }
  // As when the machine has been started again: nothing is left but what is on disk.
  void restart() {
    control_.reset();
    new_data_plane_ = std::make_unique<FakeDataPlane>();
    control_ = std::make_unique<ControlPlane>(*new_data_plane_, options_);
    control_->restore();
  }

  std::unique_ptr<PushClient> push(const std::string& source) {
    auto client = std::make_unique<PushClient>(channel_);
    const v1::PushResponse response = client->ask(open_as(source));
    EXPECT_TRUE(response.has_opened()) << response.ShortDebugString();
    return client;
  }

  // gRPC shares connections between channels of one address; each test has its own.
  static grpc::ChannelArguments own_connection() {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    return arguments;
  }

  std::string folder_;
  ControlPlaneOptions options_;
  FakeDataPlane data_plane_;
  std::unique_ptr<FakeDataPlane> new_data_plane_;
  std::unique_ptr<ControlPlane> control_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::Gateway::Stub> gateway_;
};

}  // namespace portico
