#pragma once

// A socket to the kernel's rtnetlink(7), over libmnl.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "include/portico/gateway_config.h"

struct mnl_socket;
struct nlmsghdr;

namespace portico {

class Netlink {
 public:
  // What the kernel may hold for us before messages are lost: some thousand routes.
  static constexpr int kReceiveBuffer = 8 << 20;

  // `groups`: those of rtnetlink(7) whose messages are wanted, RTMGRP_... .
  static absl::StatusOr<Netlink> open(std::uint32_t groups = 0,
                                      int receive_buffer = kReceiveBuffer);

  Netlink(Netlink&& other) noexcept;
  Netlink& operator=(Netlink&&) = delete;
  ~Netlink();

  int file() const;

  // Gives an interface an address. It is usable at once: Portico answers for it already, so nothing
  // is detected as a duplicate (IFA_F_NODAD).
  absl::Status add_address(unsigned interface, const InterfaceAddress& address);

  // Asks for all of a table: RTM_GETROUTE, RTM_GETNEIGH, ... of a family, AF_INET or AF_INET6. The
  // answers come in by receive().
  absl::Status request_dump(std::uint16_t type, std::uint8_t family);

  enum class Received {
    kNothing,      // within the time
    kMessages,     // all that came at once has been handed to `take`
    kDumpDone,     // and the dump that was asked for is complete
    kInterrupted,  // the dump is done, but the table has changed meanwhile: ask again
    kOverrun,      // messages are lost: only a dump tells what there is now
    kError,
  };
  // Waits up to `milliseconds` for messages, at most one buffer of them. Each that `take` gets is
  // whole, of the length that its header says.
  Received receive(int milliseconds, const std::function<void(const nlmsghdr&)>& take);

 private:
  explicit Netlink(mnl_socket* socket);
  absl::Status call(nlmsghdr* request, const char* what);

  mnl_socket* socket_;
  std::uint32_t sequence_ = 0;
  bool interrupted_ = false;  // the dump under way
  std::vector<char> buffer_;
};

}  // namespace portico
