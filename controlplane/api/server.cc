#include "controlplane/api/server.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "controlplane/api/unix_socket.h"
#include "grpcpp/ext/proto_server_reflection_plugin.h"
#include "grpcpp/grpcpp.h"
#include "grpcpp/health_check_service_interface.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/security/tls_certificate_provider.h"
#include "grpcpp/security/tls_credentials_options.h"
#include "spdlog/spdlog.h"

namespace portico {
namespace {

constexpr int kMaxMessageBytes = 4 << 20;  // push.proto tells of it; one object is far smaller
constexpr int kMaxThreads = 96;            // each call has one while it lasts
constexpr int kMaxCallsPerConnection = 64;
// A controller or gateway that vanished without a word is noticed within half a minute, and a
// client may ask as often.
constexpr int kKeepaliveMs = 20'000;
constexpr int kKeepaliveTimeoutMs = 10'000;
constexpr int kMinClientPingMs = 10'000;
constexpr unsigned kRereadSeconds = 10;  // the files of TLS

void set_limits(grpc::ServerBuilder& builder) {
  grpc::ResourceQuota quota("portico");
  quota.SetMaxThreads(kMaxThreads);
  builder.SetResourceQuota(quota);
  builder.SetMaxReceiveMessageSize(kMaxMessageBytes);
  builder.SetSyncServerOption(grpc::ServerBuilder::SyncServerOption::NUM_CQS, 1);
  builder.SetSyncServerOption(grpc::ServerBuilder::SyncServerOption::MIN_POLLERS, 1);
  builder.SetSyncServerOption(grpc::ServerBuilder::SyncServerOption::MAX_POLLERS, 2);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kMaxCallsPerConnection);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMs);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
                             kMinClientPingMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  // Two gateways on one TCP port would share its clients.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
}

// While it lives, what this process creates is for its user and group alone: so a socket has mode
// 0660 from its first moment. The mask is the process's; it holds for the time of a bind.
class GroupOnlyUmask {
 public:
  GroupOnlyUmask() : before_(::umask(0117)) {}
  ~GroupOnlyUmask() { ::umask(before_); }
  GroupOnlyUmask(const GroupOnlyUmask&) = delete;
  GroupOnlyUmask& operator=(const GroupOnlyUmask&) = delete;

 private:
  mode_t before_;
};

// Nothing in it may be missing from the start; later gRPC stays with what it has read before.
absl::Status check_files(const ApiTlsConfig& tls) {
  for (const std::string& path : {tls.certificate, tls.key, tls.client_ca}) {
    std::ifstream file(path);
    std::stringstream text;
    text << file.rdbuf();
    if (!file) {
      return absl::FailedPreconditionError(absl::StrCat(path, ": can't be read"));
    }
    if (!absl::StrContains(text.str(), "-----BEGIN ")) {
      return absl::FailedPreconditionError(absl::StrCat(path, ": holds no PEM"));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> credentials_of(const ApiTlsConfig& tls) {
  if (!tls.is_there()) return grpc::InsecureServerCredentials();
  const absl::Status readable = check_files(tls);
  if (!readable.ok()) return readable;
  grpc::experimental::TlsServerCredentialsOptions options(
      std::make_shared<grpc::experimental::FileWatcherCertificateProvider>(
          tls.key, tls.certificate, tls.client_ca, kRereadSeconds));
  options.watch_root_certs();
  options.watch_identity_key_cert_pairs();
  options.set_cert_request_type(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  return grpc::experimental::TlsServerCredentials(options);
}

}  // namespace

struct Server::Impl {
  ApiConfig config;
  std::vector<ServedService> services;
  std::unique_ptr<grpc::Server> server;

  std::vector<std::string> addresses() const {
    std::vector<std::string> addresses;
    if (!config.socket.empty()) addresses.push_back("unix:" + config.socket);
    for (const std::string& address : config.tcp) addresses.push_back(address);
    return addresses;
  }
};

Server::Server(const ApiConfig& config, std::vector<ServedService> services)
    : impl_(new Impl{config, std::move(services), nullptr}) {
  static const bool once = [] {
    grpc::EnableDefaultHealthCheckService(true);
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
    return true;
  }();
  static_cast<void>(once);
}

Server::~Server() {
  stop(std::chrono::milliseconds(0));
}

absl::Status Server::start() {
  const std::vector<std::string> addresses = impl_->addresses();
  if (addresses.empty()) return absl::InvalidArgumentError("the API has no address to listen on");
  if (!impl_->config.socket.empty()) {
    const absl::Status prepared = prepare_unix_socket(impl_->config.socket);
    if (!prepared.ok()) return prepared;
  }
  grpc::ServerBuilder builder;
  set_limits(builder);
  for (const ServedService& served : impl_->services) builder.RegisterService(served.service);
  std::vector<int> ports(addresses.size(), 0);
  const auto tcp_credentials = credentials_of(impl_->config.tls);
  if (!tcp_credentials.ok()) return tcp_credentials.status();
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    const bool is_tcp = !absl::StartsWith(addresses[i], "unix:");
    builder.AddListeningPort(
        addresses[i], is_tcp ? *tcp_credentials : grpc::InsecureServerCredentials(), &ports[i]);
  }
  {
    const GroupOnlyUmask group_only;
    impl_->server = builder.BuildAndStart();
  }
  // The first one that got no port is at fault: the builder goes no further.
  const auto refused = std::find(ports.begin(), ports.end(), 0);
  if (!impl_->server || refused != ports.end()) {
    stop(std::chrono::milliseconds(0));
    return absl::UnavailableError(
        refused == ports.end()
            ? "can't start the API's server"
            : absl::StrCat("can't listen on ",
                           addresses[static_cast<std::size_t>(refused - ports.begin())]));
  }
  for (const std::string& address : impl_->config.tcp) {
    if (impl_->config.tls.is_there()) break;
    spdlog::warn("the API is open to everybody who reaches {}: TCP has no authentication", address);
  }
  for (const std::string& address : addresses) spdlog::info("the API listens on {}", address);
  grpc::HealthCheckServiceInterface* health = impl_->server->GetHealthCheckService();
  health->SetServingStatus(true);
  for (const ServedService& served : impl_->services) health->SetServingStatus(served.name, true);
  return absl::OkStatus();
}

void Server::stop(std::chrono::milliseconds grace) {
  if (!impl_->server) return;
  if (auto* health = impl_->server->GetHealthCheckService()) health->Shutdown();
  impl_->server->Shutdown(std::chrono::system_clock::now() + grace);
  impl_->server->Wait();
  impl_->server.reset();
}

}  // namespace portico
