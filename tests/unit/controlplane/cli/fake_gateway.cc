#include "tests/unit/controlplane/cli/fake_gateway.h"

#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "proto/portico/v1/gateway.grpc.pb.h"

namespace portico::cli {

class FakeGateway::Server : public v1::Gateway::Service {
 public:
  // `credentials`: those of a TCP port beside the socket, or null.
  explicit Server(FakeGateway& gateway,
                  const std::shared_ptr<grpc::ServerCredentials>& credentials = nullptr)
      : gateway_(gateway) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort(gateway.address(), grpc::InsecureServerCredentials());
    if (credentials != nullptr) builder.AddListeningPort("127.0.0.1:0", credentials, &port_);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
  }

  grpc::Status GetStatus(grpc::ServerContext* context, const v1::GetStatusRequest*,
                         v1::Status* response) override {
    *response = gateway_.status;
    return answer(context);
  }

  grpc::Status ListServices(grpc::ServerContext* context, const v1::ListServicesRequest* request,
                            v1::ListServicesResponse* response) override {
    gateway_.asked_services = *request;
    const std::string prefix =
        request->namespace_().empty() ? "" : absl::StrCat(request->namespace_(), "/");
    std::vector<v1::ServiceView> chosen;
    for (const v1::ServiceView& view : gateway_.services) {
      if (absl::StartsWith(view.service().name(), prefix)) chosen.push_back(view);
    }
    response->set_next_page_token(
        fill_page(chosen, request->page_token(), response->mutable_services()));
    return answer(context);
  }

  grpc::Status GetService(grpc::ServerContext* context, const v1::GetServiceRequest* request,
                          v1::ServiceView* response) override {
    for (const v1::ServiceView& view : gateway_.services) {
      if (view.service().name() != request->name()) continue;
      *response = view;
      return answer(context);
    }
    return {grpc::StatusCode::NOT_FOUND, absl::StrCat("no Service ", request->name())};
  }

  grpc::Status ListConnections(grpc::ServerContext* context,
                               const v1::ListConnectionsRequest* request,
                               grpc::ServerWriter<v1::Connection>* writer) override {
    gateway_.asked_connections = *request;
    for (const v1::Connection& connection : gateway_.connections) writer->Write(connection);
    return answer(context);
  }

  grpc::Status DeleteConnections(grpc::ServerContext* context,
                                 const v1::DeleteConnectionsRequest* request,
                                 v1::DeleteConnectionsResponse* response) override {
    gateway_.asked_delete = *request;
    response->set_deleted(gateway_.deleted);
    return answer(context);
  }

  grpc::Status ListRoutes(grpc::ServerContext* context, const v1::ListRoutesRequest* request,
                          v1::ListRoutesResponse* response) override {
    response->set_next_page_token(
        fill_page(gateway_.routes, request->page_token(), response->mutable_routes()));
    return answer(context);
  }

  grpc::Status ListNeighbors(grpc::ServerContext* context, const v1::ListNeighborsRequest* request,
                             v1::ListNeighborsResponse* response) override {
    response->set_next_page_token(
        fill_page(gateway_.neighbors, request->page_token(), response->mutable_neighbors()));
    return answer(context);
  }

  grpc::Status ListPorts(grpc::ServerContext* context, const v1::ListPortsRequest*,
                         v1::ListPortsResponse* response) override {
    *response = gateway_.ports;
    return answer(context);
  }

  grpc::Status GetCounters(grpc::ServerContext* context, const v1::GetCountersRequest*,
                           v1::Counters* response) override {
    *response = gateway_.counters;
    return answer(context);
  }

  grpc::Status ListDrops(grpc::ServerContext* context, const v1::ListDropsRequest*,
                         v1::ListDropsResponse* response) override {
    *response = gateway_.drops;
    return answer(context);
  }

  grpc::Status Explain(grpc::ServerContext* context, const v1::ExplainRequest* request,
                       v1::ExplainResponse* response) override {
    gateway_.asked_explain = *request;
    *response = gateway_.explanation;
    return answer(context);
  }

  int port() const { return port_; }
  void stop() { server_->Shutdown(); }

 private:
  grpc::Status answer(grpc::ServerContext* context) const {
    // Until the client gives up.
    while (gateway_.silent && !context->IsCancelled()) std::this_thread::yield();
    if (gateway_.error.ok()) return grpc::Status::OK;
    return {static_cast<grpc::StatusCode>(gateway_.error.code()),
            std::string(gateway_.error.message())};
  }

  // Appends the page that begins at `token` and returns the next one's token.
  template <typename Elements, typename Field>
  static std::string fill_page(const Elements& elements, const std::string& token, Field* field) {
    constexpr std::size_t kPage = 2;
    std::size_t first = 0;
    if (!token.empty()) static_cast<void>(absl::SimpleAtoi(token, &first));
    const std::size_t end = std::min(elements.size(), first + kPage);
    for (std::size_t i = first; i < end; ++i) *field->Add() = elements[i];
    return end == elements.size() ? "" : absl::StrCat(end);
  }

  FakeGateway& gateway_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

namespace {

std::string make_folder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "porticoctl.XXXXXX").string();
  return mkdtemp(pattern.data()) == nullptr ? "" : pattern;
}

}  // namespace

FakeGateway::FakeGateway() : folder_(make_folder()), server_(std::make_unique<Server>(*this)) {}

FakeGateway::~FakeGateway() {
  server_->stop();
  std::filesystem::remove_all(folder_);
}

std::string FakeGateway::socket_path() const {
  return absl::StrCat(folder_, "/porticod.sock");
}

std::string FakeGateway::listen(const TestIdentity& own, const TestIdentity& authority) {
  grpc::SslServerCredentialsOptions options(
      GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  options.pem_root_certs = authority.certificate;
  options.pem_key_cert_pairs.push_back({own.key, own.certificate});
  server_->stop();
  server_.reset();
  server_ = std::make_unique<Server>(*this, grpc::SslServerCredentials(options));
  return absl::StrCat("127.0.0.1:", server_->port());
}

std::string FakeGateway::address() const {
  return absl::StrCat("unix:", socket_path());
}

}  // namespace portico::cli
