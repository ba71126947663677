#include "tests/unit/controlplane/push/deaf_proxy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "gtest/gtest.h"

namespace portico {
namespace {

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

int connect_to(int port) {
  const int socket_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = loopback(port);
  EXPECT_EQ(connect(socket_fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  return socket_fd;
}

// False: the other end has closed.
bool forward(int from, int to) {
  char buffer[65536];
  const ssize_t size = read(from, buffer, sizeof buffer);
  return size > 0 && write(to, buffer, static_cast<std::size_t>(size)) == size;
}

}  // namespace

DeafProxy::DeafProxy(int target_port)
    : target_port_(target_port),
      listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)),
      stop_event_(eventfd(0, EFD_CLOEXEC)) {
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  EXPECT_EQ(bind(listener_, reinterpret_cast<sockaddr*>(&address), size), 0);
  EXPECT_EQ(listen(listener_, 8), 0);
  EXPECT_EQ(getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size), 0);
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { run(); });
}

DeafProxy::~DeafProxy() {
  EXPECT_EQ(eventfd_write(stop_event_, 1), 0);
  thread_.join();
  close(listener_);
  close(stop_event_);
}

void DeafProxy::run() {
  std::vector<int> ends;  // connection n has ends 2n and 2n + 1; -1: closed
  while (true) {
    std::vector<pollfd> polled = {{stop_event_, POLLIN, 0}, {listener_, POLLIN, 0}};
    for (std::size_t i = 0; i < ends.size(); ++i) {
      const bool deaf = static_cast<int>(i / 2) < deaf_before_;
      polled.push_back({deaf ? -1 : ends[i], POLLIN, 0});
    }
    // Looks up now and then, to learn who has gone deaf.
    if (poll(polled.data(), polled.size(), 10) < 0) break;
    if (polled[0].revents != 0) break;
    for (std::size_t i = 0; i < ends.size(); ++i) {
      if (polled[i + 2].revents == 0 || ends[i] < 0 || forward(ends[i], ends[i ^ 1])) continue;
      close(ends[i]);
      close(ends[i ^ 1]);
      ends[i] = ends[i ^ 1] = -1;
    }
    if (polled[1].revents != 0) {
      ends.push_back(accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC));
      ends.push_back(connect_to(target_port_));
      ++connections_;
    }
  }
  for (const int end : ends) {
    if (end >= 0) close(end);
  }
}

}  // namespace portico
