#include "controlplane/health_check/listeners.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "spdlog/spdlog.h"

namespace portico {
namespace {

constexpr int kBacklog = 64;

bool set_option(int socket, int level, int name) {
  const int on = 1;
  return ::setsockopt(socket, level, name, &on, sizeof on) == 0;
}

bool bind_to(int socket, const IpAddress& address, std::uint16_t port) {
  if (address.is_v4()) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    std::memcpy(&to.sin_addr, address.data(), address.size());
    return ::bind(socket, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0;
  }
  sockaddr_in6 to{};
  to.sin6_family = AF_INET6;
  to.sin6_port = htons(port);
  std::memcpy(&to.sin6_addr, address.data(), address.size());
  return ::bind(socket, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0;
}

// The socket, or -1 with errno.
int listen_on(const IpAddress& address, std::uint16_t port) {
  const int family = address.is_v4() ? AF_INET : AF_INET6;
  const int socket = ::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (socket < 0) return -1;
  const bool has_options = set_option(socket, SOL_SOCKET, SO_REUSEADDR) &&
                           (address.is_v4() ? set_option(socket, IPPROTO_IP, IP_FREEBIND)
                                            : set_option(socket, IPPROTO_IPV6, IPV6_V6ONLY) &&
                                                  set_option(socket, IPPROTO_IPV6, IPV6_FREEBIND));
  if (has_options && bind_to(socket, address, port) && ::listen(socket, kBacklog) == 0) {
    return socket;
  }
  const int error = errno;
  ::close(socket);
  errno = error;
  return -1;
}

}  // namespace

Listeners::~Listeners() {
  for (const auto& [key, socket] : sockets_) {
    if (socket >= 0) ::close(socket);
  }
}

bool Listeners::follow(const HealthCheckPorts& ports) {
  for (auto at = sockets_.begin(); at != sockets_.end();) {
    if (ports.contains(at->first.first)) {
      ++at;
      continue;
    }
    if (at->second >= 0) ::close(at->second);
    errors_.erase(at->first);
    at = sockets_.erase(at);
  }
  for (const auto& [port, service] : ports) {
    for (const IpAddress& address : addresses_) open({port, address}, service);
  }
  return errors_.empty();
}

void Listeners::open(const Key& key, const std::string& service) {
  const auto [found, is_new] = sockets_.emplace(key, -1);
  if (found->second >= 0) return;
  found->second = listen_on(key.second, key.first);
  const std::string where = to_string(key.second, L4Port::from_host(key.first));
  if (found->second >= 0) {
    spdlog::info("the health of {} is told on {}", service, where);
    errors_.erase(key);
    return;
  }
  std::string error = std::strerror(errno);
  std::string& last = errors_[key];
  if (last == error) return;
  spdlog::error("the health of {} can't be told on {}: {}; this is tried again", service, where,
                error);
  last = std::move(error);
}

std::vector<pollfd> Listeners::to_poll() const {
  std::vector<pollfd> sockets;
  for (const auto& [key, socket] : sockets_) {
    if (socket >= 0) sockets.push_back({socket, POLLIN, 0});
  }
  return sockets;
}

}  // namespace portico
