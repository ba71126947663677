#pragma once

// The way to a gateway.

#include <chrono>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "controlplane/tls/channel_tls.h"
#include "grpcpp/channel.h"

namespace portico {

// How long to wait before the next attempt to reach a gateway: doubled from `first` up to
// `longest`.
class RetryDelay {
 public:
  RetryDelay(std::chrono::milliseconds first, std::chrono::milliseconds longest)
      : first_(first), longest_(longest), next_(first) {}

  std::chrono::milliseconds next();
  // The gateway was reached: the next wait is short again.
  void reset() { next_ = first_; }

 private:
  std::chrono::milliseconds first_;
  std::chrono::milliseconds longest_;
  std::chrono::milliseconds next_;
};

// "unix:/run/portico/porticod.sock" or a bare path of a socket, else "host:port".
bool is_unix_target(absl::string_view target);

// Whether what is said to it stays on this machine: a socket, or a host that is "localhost" or a
// loopback address.
bool is_local_target(absl::string_view target);

// Short on the same machine, where an attempt costs nothing: 50 ms to 1 s. Over a network 200 ms to
// 5 s.
RetryDelay retry_delay_for(absl::string_view target);

struct Keepalive {
  // A peer that says nothing for `time` is asked for a sign of life, and is dead after `timeout`.
  std::chrono::milliseconds time{20'000};
  std::chrono::milliseconds timeout{10'000};
  // One that does not speak so long after an attempt to connect began is given up.
  std::chrono::milliseconds attempt{5'000};
};

// A channel that makes one attempt to connect and leaves further ones to us: gRPC's own backoff
// begins at a second and is shared by all channels to one target. The files of `tls` are read each
// time, so that what is new in them counts from the next connection on; an error names the one that
// can't be.
absl::StatusOr<std::shared_ptr<grpc::Channel>> connect(const std::string& target,
                                                       const Keepalive& keepalive,
                                                       const ChannelTls& tls = {});

}  // namespace portico
