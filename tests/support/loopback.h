#pragma once

// TCP over the loopback interface, for what listens there.

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <string>

#include "include/portico/ip_address.h"

namespace portico {

inline constexpr char kGet[] = "GET / HTTP/1.1\r\nHost: gateway\r\n\r\n";

class Loopback {
 public:
  explicit Loopback(Family family) : family_(family) {}

  IpAddress address() const {
    return IpAddress::parse(family_ == Family::kIpv4 ? "127.0.0.1" : "::1").value();
  }
  // A socket that is bound to `port`, 0: to one that is free; -1: it is taken.
  int bound(std::uint16_t port) const {
    const int socket = make();
    if (::bind(socket, reinterpret_cast<const sockaddr*>(&to(port)), size()) == 0) return socket;
    ::close(socket);
    return -1;
  }
  static std::uint16_t port_of(int socket) {
    sockaddr_in6 address{};  // the port is at the same place in both
    socklen_t size = sizeof address;
    ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
    return ntohs(address.sin6_port);
  }
  // -1: refused.
  int connected(std::uint16_t port) const {
    const int socket = make();
    if (::connect(socket, reinterpret_cast<const sockaddr*>(&to(port)), size()) == 0) return socket;
    ::close(socket);
    return -1;
  }

 private:
  int make() const {
    return ::socket(family_ == Family::kIpv4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
  }
  socklen_t size() const {
    return family_ == Family::kIpv4 ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
  }
  const sockaddr_storage& to(std::uint16_t port) const {
    std::memset(&storage_, 0, sizeof storage_);
    if (family_ == Family::kIpv4) {
      auto& v4 = reinterpret_cast<sockaddr_in&>(storage_);
      v4.sin_family = AF_INET;
      v4.sin_port = htons(port);
      v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    } else {
      auto& v6 = reinterpret_cast<sockaddr_in6&>(storage_);
      v6.sin6_family = AF_INET6;
      v6.sin6_port = htons(port);
      v6.sin6_addr = in6addr_loopback;
    }
    return storage_;
  }

  Family family_;
  mutable sockaddr_storage storage_{};
};

// Until the other side ends; closes the socket.
inline std::string read_all(int socket) {
  std::string all;
  char buffer[4096];
  ssize_t got = 0;
  while ((got = ::read(socket, buffer, sizeof buffer)) > 0) {
    all.append(buffer, static_cast<std::size_t>(got));
  }
  ::close(socket);
  return all;
}

inline void send_all(int socket, const std::string& bytes) {
  ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
}

}  // namespace portico
