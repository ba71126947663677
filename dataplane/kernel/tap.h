#pragma once

// A TAP device: a Linux network interface whose other end is a file descriptor of ours. What the
// kernel sends by the interface is read, what is written the kernel receives, one whole Ethernet
// frame a call. It is gone when its file is closed.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "include/portico/gateway_config.h"

namespace portico {

class Tap {
 public:
  struct Options {
    std::string name;
    MacAddress mac;
    std::uint32_t mtu = 1500;  // bytes, from the IP header on
    std::vector<InterfaceAddress> addresses;
  };

  // Makes the interface, gives it all that, and brings it up; router advertisements and redirects
  // that come in by it are not believed. AlreadyExists when the name is taken;
  // else what the kernel's refusal says: NotFound without /dev/net/tun, PermissionDenied without
  // CAP_NET_ADMIN, ... The text says what was tried, and doesn't repeat the name.
  static absl::StatusOr<Tap> open(const Options& options);

  Tap(Tap&& other) noexcept;
  Tap& operator=(Tap&&) = delete;
  ~Tap();

  unsigned index() const noexcept { return index_; }  // the interface's, as in if_nametoindex()

  // Neither blocks. write() is false when the kernel does not take it: the interface is down.
  // read() is 0 when there is nothing.
  bool write(const std::uint8_t* frame, std::size_t length) noexcept;
  std::size_t read(std::uint8_t* frame, std::size_t room) noexcept;

 private:
  explicit Tap(int file) : file_(file) {}
  absl::Status set_up(const Options& options);

  int file_;
  unsigned index_ = 0;
};

}  // namespace portico
