#pragma once

// Theory of operation. A thread that follows the kernel's tables by netlink and tells the gateway
// what has changed: at first, and whenever it must (kernel_tables.h), all tables are dumped;
// between that it listens. What comes at once is told at once, up to kMostAtOnce messages, so that
// ten thousand routes are a few changes of the gateway's tables and not ten thousand. Lost
// messages, an interrupted dump and errors lead to another dump, after kPause.

#include <atomic>
#include <functional>
#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "dataplane/kernel/kernel_tables.h"
#include "dataplane/kernel/netlink.h"

namespace portico {

class KernelMirror {
 public:
  using Tell = std::function<absl::Status(const KernelChange&)>;

  // `ports`: index of a kernel interface -> the name of its port.
  static absl::StatusOr<KernelMirror> open(std::map<unsigned, std::string> ports,
                                           const KernelMirrorConfig& config, Tell tell,
                                           int receive_buffer = Netlink::kReceiveBuffer);

  // Until `stop`, in the thread that calls it.
  void run(const std::atomic<bool>& stop);

  // One round: dumps if it has to, else waits for messages up to `milliseconds`.
  void poll(int milliseconds);
  // Whether the gateway has been told all that has come, and nothing has been lost.
  bool is_current() const { return !tables_.needs_dump(); }

 private:
  static constexpr int kMostAtOnce = 4096;
  static constexpr int kPause = 50;  // milliseconds

  KernelMirror(Netlink netlink, std::map<unsigned, std::string> ports,
               const KernelMirrorConfig& config, Tell tell);
  bool dump();
  void start_over();
  bool dump_one(std::uint16_t type, std::uint8_t family);
  void listen(int milliseconds);
  void tell_change();

  Netlink netlink_;
  KernelTables tables_;
  Tell tell_;
  bool refused_ = false;   // the last change, for want of room: said once
  bool left_out_ = false;  // some routes, beyond max_routes: said once
};

}  // namespace portico
