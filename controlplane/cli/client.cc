#include "controlplane/cli/client.h"

#include <grpcpp/completion_queue.h>
#include <grpcpp/create_channel.h>

#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "controlplane/cli/reachability.h"
#include "controlplane/tls/credentials.h"
#include "proto/portico/v1/gateway.grpc.pb.h"

namespace portico::cli {

class Client::Calls {
 public:
  Calls(GatewayAddress gateway, const ChannelTls& tls, absl::Duration timeout)
      : gateway_(std::move(gateway)),
        uses_tls_(gateway_.socket_path.empty() && tls.is_there()),
        timeout_(timeout) {
    grpc::ChannelArguments arguments;
    arguments.SetUserAgentPrefix("porticoctl/" PORTICO_VERSION);
    // A page of Services with many endpoints exceeds gRPC's 4 MiB.
    arguments.SetMaxReceiveMessageSize(-1);
    // A gateway is on the management network; http_proxy is for the web.
    arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
    const auto credentials = channel_credentials(uses_tls_ ? tls : ChannelTls(), &arguments);
    if (!credentials.ok()) {
      unusable_ = absl::UnavailableError(
          absl::StrCat("can't speak TLS to the gateway: ", credentials.status().message()));
      return;
    }
    stub_ = v1::Gateway::NewStub(grpc::CreateCustomChannel(gateway_.text, *credentials, arguments));
  }

  template <typename Request, typename Response>
  using Method = grpc::Status (v1::Gateway::Stub::*)(grpc::ClientContext*, const Request&,
                                                     Response*);

  template <typename Request, typename Response>
  absl::StatusOr<Response> call(Method<Request, Response> method, const Request& request) {
    if (!unusable_.ok()) return unusable_;
    grpc::ClientContext context;
    context.set_deadline(deadline());
    Response response;
    const grpc::Status status = ((*stub_).*method)(&context, request, &response);
    if (!status.ok()) return to_status(status);
    return response;
  }

  // Every page's elements; `field` takes them out of one response.
  template <typename Request, typename Response, typename Field>
  auto all_pages(Method<Request, Response> method, Request request, Field field) -> absl::StatusOr<
      std::vector<typename std::decay_t<decltype(*field(std::declval<Response&>()))>::value_type>> {
    std::vector<typename std::decay_t<decltype(*field(std::declval<Response&>()))>::value_type> all;
    do {
      absl::StatusOr<Response> page = call(method, request);
      if (!page.ok()) return page.status();
      for (auto& element : *field(*page)) all.push_back(std::move(element));
      request.set_page_token(page->next_page_token());
    } while (!request.page_token().empty());
    return all;
  }

  // The timeout is each connection's: millions of them may take their time, and so may whoever
  // reads what `visit` prints.
  absl::Status read_connections(const v1::ListConnectionsRequest& request,
                                const std::function<void(const v1::Connection&)>& visit) {
    if (!unusable_.ok()) return unusable_;
    grpc::ClientContext context;
    grpc::CompletionQueue queue;
    const auto stream = stub_->AsyncListConnections(&context, request, &queue, nullptr);
    bool in_time = true;
    v1::Connection connection;
    for (bool more = wait(queue, context, in_time); more;) {
      stream->Read(&connection, nullptr);
      more = wait(queue, context, in_time);
      if (more) visit(connection);
    }
    grpc::Status status;
    stream->Finish(&status, nullptr);
    wait(queue, context, in_time);
    queue.Shutdown();
    return in_time ? to_status(status) : too_late();
  }

 private:
  std::chrono::system_clock::time_point deadline() const {
    return absl::ToChronoTime(absl::Now() + timeout_);  // of an infinite timeout: never
  }

  // Waits for the one event that is under way and tells whether it was a success. When it does not
  // come in time, it comes by cancelling the call.
  bool wait(grpc::CompletionQueue& queue, grpc::ClientContext& context, bool& in_time) const {
    void* tag = nullptr;
    bool success = false;
    if (queue.AsyncNext(&tag, &success, deadline()) == grpc::CompletionQueue::TIMEOUT) {
      in_time = false;
      context.TryCancel();
      queue.Next(&tag, &success);
      return false;
    }
    return success;
  }

  absl::Status too_late() const {
    return absl::DeadlineExceededError(
        absl::StrCat("the gateway at ", gateway_.text, " did not answer within ",
                     absl::FormatDuration(timeout_), " (--timeout)"));
  }

  absl::Status to_status(const grpc::Status& status) const {
    const auto code = static_cast<absl::StatusCode>(status.error_code());
    switch (status.error_code()) {
      case grpc::StatusCode::OK:
        return absl::OkStatus();
      case grpc::StatusCode::UNAVAILABLE:
        return {code, why_unreachable(gateway_, uses_tls_, status.error_message())};
      case grpc::StatusCode::DEADLINE_EXCEEDED:
        return too_late();
      default:
        return {code, status.error_message()};
    }
  }

  const GatewayAddress gateway_;
  const bool uses_tls_;
  const absl::Duration timeout_;
  absl::Status unusable_;  // why there is no stub
  std::unique_ptr<v1::Gateway::Stub> stub_;
};

namespace {

template <typename Elements>
auto to_vector(const Elements& elements) {
  return std::vector<typename Elements::value_type>(elements.begin(), elements.end());
}

}  // namespace

Client::Client(GatewayAddress gateway, const ChannelTls& tls, absl::Duration timeout)
    : calls_(std::make_unique<Calls>(std::move(gateway), tls, timeout)) {}
Client::~Client() = default;

absl::StatusOr<v1::Status> Client::status() {
  return calls_->call(&v1::Gateway::Stub::GetStatus, v1::GetStatusRequest());
}

absl::StatusOr<std::vector<v1::ServiceView>> Client::services(const std::string& name_space) {
  v1::ListServicesRequest request;
  request.set_namespace_(name_space);
  return calls_->all_pages(&v1::Gateway::Stub::ListServices, request,
                           [](v1::ListServicesResponse& page) { return page.mutable_services(); });
}

absl::StatusOr<v1::ServiceView> Client::service(const std::string& name) {
  v1::GetServiceRequest request;
  request.set_name(name);
  return calls_->call(&v1::Gateway::Stub::GetService, request);
}

absl::Status Client::connections(const v1::ListConnectionsRequest& request,
                                 const std::function<void(const v1::Connection&)>& visit) {
  return calls_->read_connections(request, visit);
}

absl::StatusOr<v1::DeleteConnectionsResponse> Client::delete_connections(
    const v1::DeleteConnectionsRequest& request) {
  return calls_->call(&v1::Gateway::Stub::DeleteConnections, request);
}

absl::StatusOr<std::vector<v1::RouteView>> Client::routes() {
  return calls_->all_pages(&v1::Gateway::Stub::ListRoutes, v1::ListRoutesRequest(),
                           [](v1::ListRoutesResponse& page) { return page.mutable_routes(); });
}

absl::StatusOr<std::vector<v1::Neighbor>> Client::neighbors() {
  return calls_->all_pages(
      &v1::Gateway::Stub::ListNeighbors, v1::ListNeighborsRequest(),
      [](v1::ListNeighborsResponse& page) { return page.mutable_neighbors(); });
}

absl::StatusOr<std::vector<v1::Port>> Client::ports() {
  const auto response = calls_->call(&v1::Gateway::Stub::ListPorts, v1::ListPortsRequest());
  if (!response.ok()) return response.status();
  return to_vector(response->ports());
}

absl::StatusOr<std::vector<v1::WorkerCounters>> Client::counters() {
  const auto response = calls_->call(&v1::Gateway::Stub::GetCounters, v1::GetCountersRequest());
  if (!response.ok()) return response.status();
  return to_vector(response->workers());
}

absl::StatusOr<std::vector<v1::SnatCounters>> Client::snat() {
  const auto response = calls_->call(&v1::Gateway::Stub::GetCounters, v1::GetCountersRequest());
  if (!response.ok()) return response.status();
  return to_vector(response->snat());
}

absl::StatusOr<std::vector<v1::WorkerCycles>> Client::cycles() {
  const auto response = calls_->call(&v1::Gateway::Stub::GetCounters, v1::GetCountersRequest());
  if (!response.ok()) return response.status();
  return to_vector(response->cycles());
}

absl::StatusOr<std::vector<v1::Drop>> Client::drops() {
  const auto response = calls_->call(&v1::Gateway::Stub::ListDrops, v1::ListDropsRequest());
  if (!response.ok()) return response.status();
  return to_vector(response->drops());
}

absl::StatusOr<v1::ExplainResponse> Client::explain(const v1::ExplainRequest& request) {
  return calls_->call(&v1::Gateway::Stub::Explain, request);
}

}  // namespace portico::cli
