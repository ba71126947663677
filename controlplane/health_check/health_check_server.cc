#include "controlplane/health_check/health_check_server.h"

#include <microhttpd.h>
#include <netinet/in.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "controlplane/health_check/answer.h"
#include "spdlog/spdlog.h"

namespace portico {
namespace {

using Clock = std::chrono::steady_clock;

// What the other side has connected to; port 0 when it is gone already.
struct Asked {
  Family family = Family::kIpv4;
  std::uint16_t port = 0;
};

Asked asked_on(int socket) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0) return {};
  if (address.ss_family == AF_INET) {
    return {Family::kIpv4, ntohs(reinterpret_cast<const sockaddr_in*>(&address)->sin_port)};
  }
  return {Family::kIpv6, ntohs(reinterpret_cast<const sockaddr_in6*>(&address)->sin6_port)};
}

int socket_of(MHD_Connection* connection) {
  return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
}

MHD_Result reply(MHD_Connection* connection, const HealthAnswer& answer) {
  MHD_Response* response = MHD_create_response_from_buffer(
      answer.body.size(), const_cast<char*>(answer.body.data()), MHD_RESPMEM_MUST_COPY);
  if (response == nullptr) return MHD_NO;
  const std::pair<const char*, const char*> headers[] = {
      {MHD_HTTP_HEADER_CONTENT_TYPE, "application/json"},
      {"X-Content-Type-Options", "nosniff"},
      {"X-Load-Balancing-Endpoint-Weight", answer.weight.c_str()},
      {MHD_HTTP_HEADER_CONNECTION, "close"}};
  MHD_Result result = MHD_YES;
  for (const auto& [name, value] : headers) {
    if (MHD_add_response_header(response, name, value) == MHD_NO) result = MHD_NO;
  }
  if (result == MHD_YES) result = MHD_queue_response(connection, answer.status, response);
  MHD_destroy_response(response);
  return result;
}

}  // namespace

struct HealthCheckServer::Impl {
  Impl(HealthCheckOptions options_, Count count_)
      : options(std::move(options_)),
        count(std::move(count_)),
        wake_up(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
  ~Impl() {
    if (wake_up >= 0) ::close(wake_up);
  }

  // libmicrohttpd's callbacks.
  static MHD_Result on_request(void* self, MHD_Connection* connection, const char*, const char*,
                               const char*, const char*, std::size_t*, void**) {
    return static_cast<Impl*>(self)->answer(connection);
  }
  static void on_connection(void* self, MHD_Connection* connection, void**,
                            MHD_ConnectionNotificationCode code) {
    static_cast<Impl*>(self)->note(socket_of(connection), code == MHD_CONNECTION_NOTIFY_STARTED);
  }

  MHD_Result answer(MHD_Connection* connection);
  void note(int socket, bool started);
  void run();
  bool accept_from(int listener);
  bool end_overdue();
  bool wait(std::vector<pollfd> sockets, bool soon);
  void wake() const;

  const HealthCheckOptions options;
  const Count count;
  const int wake_up;  // an eventfd
  MHD_Daemon* daemon = nullptr;
  std::thread thread;
  absl::Mutex mutex;
  bool stopping ABSL_GUARDED_BY(mutex) = false;
  HealthCheckPorts ports ABSL_GUARDED_BY(mutex);
  absl::flat_hash_map<int, Clock::time_point> open ABSL_GUARDED_BY(mutex);  // until when
};

// Answers before a body has been read: nobody needs it.
MHD_Result HealthCheckServer::Impl::answer(MHD_Connection* connection) {
  const Asked asked = asked_on(socket_of(connection));
  std::string service;
  {
    absl::MutexLock lock(&mutex);
    const auto found = ports.find(asked.port);
    if (found == ports.end()) return MHD_NO;
    service = found->second;
  }
  const std::optional<std::size_t> endpoints = count(service, asked.family);
  return endpoints ? reply(connection, health_answer(service, *endpoints)) : MHD_NO;
}

void HealthCheckServer::Impl::note(int socket, bool started) {
  absl::MutexLock lock(&mutex);
  if (started) {
    open[socket] = Clock::now() + options.deadline;
  } else {
    open.erase(socket);  // before it is closed, so that no other can have its number yet
  }
}

// Returns whether connections are left. libmicrohttpd closes what is shut down.
bool HealthCheckServer::Impl::end_overdue() {
  absl::MutexLock lock(&mutex);
  const Clock::time_point now = Clock::now();
  for (const auto& [socket, until] : open) {
    if (now >= until) ::shutdown(socket, SHUT_RDWR);
  }
  return !open.empty();
}

// Returns whether there may be more.
bool HealthCheckServer::Impl::accept_from(int listener) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  const int socket = ::accept4(listener, reinterpret_cast<sockaddr*>(&address), &size,
                               SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (socket < 0) return errno == EINTR || errno == ECONNABORTED;
  // It closes the socket if there are too many.
  MHD_add_connection(daemon, socket, reinterpret_cast<const sockaddr*>(&address), size);
  return true;
}

// Until something happens, or `soon`. Returns whether connections were accepted.
bool HealthCheckServer::Impl::wait(std::vector<pollfd> sockets, bool soon) {
  sockets.push_back({wake_up, POLLIN, 0});
  const int timeout = soon ? static_cast<int>(options.retry.count()) : -1;
  if (::poll(sockets.data(), sockets.size(), timeout) <= 0) return false;
  std::uint64_t wakes = 0;
  if (sockets.back().revents != 0 && ::read(wake_up, &wakes, sizeof wakes) < 0) return false;
  sockets.pop_back();
  bool accepted = false;
  for (const pollfd& listener : sockets) {
    // A few of each, so that one that is asked all the time does not starve the others.
    for (int i = 0; i < 16 && listener.revents != 0 && accept_from(listener.fd); ++i) {
      accepted = true;
    }
  }
  return accepted;
}

void HealthCheckServer::Impl::run() {
  Listeners listeners(options.addresses);
  bool accepted = false;  // those may not be in `open` yet
  while (true) {
    HealthCheckPorts wanted;
    {
      absl::MutexLock lock(&mutex);
      if (stopping) return;
      wanted = ports;
    }
    const bool all_open = listeners.follow(wanted);
    const bool has_connections = end_overdue();
    accepted = wait(listeners.to_poll(), !all_open || has_connections || accepted);
  }
}

void HealthCheckServer::Impl::wake() const {
  const std::uint64_t one = 1;
  if (::write(wake_up, &one, sizeof one) < 0) {
    spdlog::error("the health check server can't be woken: {}", std::strerror(errno));
  }
}

HealthCheckServer::HealthCheckServer(HealthCheckOptions options, Count count)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(count))) {}

HealthCheckServer::~HealthCheckServer() {
  stop();
}

absl::Status HealthCheckServer::start() {
  if (impl_->wake_up < 0) return absl::UnavailableError("there is no eventfd to be had");
  constexpr unsigned kSeconds = 2;  // without a byte
  impl_->daemon = MHD_start_daemon(
      MHD_USE_AUTO_INTERNAL_THREAD | MHD_USE_NO_LISTEN_SOCKET | MHD_USE_ITC, 0, nullptr, nullptr,
      &Impl::on_request, impl_.get(), MHD_OPTION_CONNECTION_LIMIT, kMaxConnections,
      MHD_OPTION_PER_IP_CONNECTION_LIMIT, kMaxConnectionsOfOne, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
      kMaxRequest, MHD_OPTION_CONNECTION_TIMEOUT, kSeconds, MHD_OPTION_NOTIFY_CONNECTION,
      &Impl::on_connection, impl_.get(), MHD_OPTION_END);
  if (impl_->daemon == nullptr) return absl::UnavailableError("libmicrohttpd does not start");
  impl_->thread = std::thread([this] { impl_->run(); });
  return absl::OkStatus();
}

void HealthCheckServer::serve(HealthCheckPorts ports) {
  {
    absl::MutexLock lock(&impl_->mutex);
    if (impl_->ports == ports) return;
    impl_->ports = std::move(ports);
  }
  impl_->wake();
}

void HealthCheckServer::stop() {
  if (impl_->thread.joinable()) {
    {
      absl::MutexLock lock(&impl_->mutex);
      impl_->stopping = true;
    }
    impl_->wake();
    impl_->thread.join();
  }
  if (impl_->daemon != nullptr) MHD_stop_daemon(std::exchange(impl_->daemon, nullptr));
}

}  // namespace portico
